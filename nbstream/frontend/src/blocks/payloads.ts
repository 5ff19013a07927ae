// The payloads of all kinds, by name; the twin of `nbstream/blocks/payloads.py`.
import type { CitationsPayload } from "./citations.ts";
import type { ErrorPayload } from "./error.ts";
import type { LogPayload } from "./log.ts";
import type { MetricsPayload } from "./metrics.ts";
import type { NoticePayload } from "./notice.ts";
import type { ProgressPayload } from "./progress.ts";
import type { RawPayload } from "./raw.ts";
import type { ReasoningPayload } from "./reasoning.ts";
import type { RowsPayload } from "./rows.ts";
import type { TextPayload } from "./text.ts";
import type { ToolCallPayload } from "./tool_call.ts";
import type { UsagePayload } from "./usage.ts";

/** The payload of each kind. */
export interface Payloads {
  text: TextPayload;
  reasoning: ReasoningPayload;
  tool_call: ToolCallPayload;
  usage: UsagePayload;
  progress: ProgressPayload;
  metrics: MetricsPayload;
  log: LogPayload;
  rows: RowsPayload;
  citations: CitationsPayload;
  notice: NoticePayload;
  raw: RawPayload;
  error: ErrorPayload;
}

export type Kind = keyof Payloads;

/** The payload of a block of any kind: JSON. */
export type Payload = Payloads[Kind];
