// The kinds of content, one file each; the twin of `nbstream/blocks/__init__.py`.
import type { Block } from "./base/block.ts";
import { CitationsBlock } from "./citations.ts";
import { ErrorBlock } from "./error.ts";
import { LogBlock } from "./log.ts";
import { MetricsBlock } from "./metrics.ts";
import { NoticeBlock } from "./notice.ts";
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
  citations: CitationsBlock,
  notice: NoticeBlock,
  raw: RawBlock,
  error: ErrorBlock,
};

export function newBlock(kind: string): Block {
  const made = KINDS[kind];
  if (made === undefined) throw new Error(`[nbstream] no view for content of kind ${kind}`);
  return new made();
}

// Shown below all others, whenever they began; in this order.
const AT_THE_FOOT = [CitationsBlock, UsageBlock];

/** Where to show a block: blocks of a lower place stand above those of a higher. */
export function place(block: Block): number {
  return AT_THE_FOOT.findIndex((kind) => block instanceof kind);
}

/** Whether it is a line between the texts; of many in a row the earlier fold. */
export function isStep(block: Block): boolean {
  return block instanceof ReasoningBlock || block instanceof ToolCallBlock || block instanceof NoticeBlock;
}

export type { Block };
