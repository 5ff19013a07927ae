// The kinds of content, one file each; the twin of `nbstream/blocks/__init__.py`.
import type { Block } from "./block.ts";
import { ErrorBlock } from "./error.ts";
import { LogBlock } from "./log.ts";
import { MetricsBlock } from "./metrics.ts";
import { ProgressBlock } from "./progress.ts";
import { RawBlock } from "./raw.ts";
import { ReasoningBlock } from "./reasoning.ts";
import { RowsBlock } from "./rows.ts";
import { TextBlock } from "./text.ts";
import { ToolCallBlock } from "./tool_call.ts";
import { UsageBlock } from "./usage.ts";

const KINDS: Record<string, new () => Block> = {
  text: TextBlock,
  reasoning: ReasoningBlock,
  tool_call: ToolCallBlock,
  usage: UsageBlock,
  progress: ProgressBlock,
  metrics: MetricsBlock,
  log: LogBlock,
  rows: RowsBlock,
  raw: RawBlock,
  error: ErrorBlock,
};

export function newBlock(kind: string): Block {
  const made = KINDS[kind];
  if (made === undefined) throw new Error(`[nbstream] no view for content of kind ${kind}`);
  return new made();
}

export type { Block };
