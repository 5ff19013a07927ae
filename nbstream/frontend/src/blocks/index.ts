// The kinds of content, one file each, by the names that the kernel uses.
import type { Block } from "./base/block.ts";
import { CitationsBlock } from "./citations.ts";
import { ErrorBlock } from "./error.ts";
import { LogBlock } from "./log.ts";
import { MetricsBlock } from "./metrics.ts";
import { NoticeBlock } from "./notice.ts";
import type { Kind, Payloads } from "./payloads.ts";
import { ProgressBlock } from "./progress.ts";
import { RawBlock } from "./raw.ts";
import { ReasoningBlock } from "./reasoning.ts";
import { RowsBlock } from "./rows.ts";
import { TextBlock } from "./text.ts";
import { ToolCallBlock } from "./tool_call.ts";
import { UsageBlock } from "./usage.ts";

const KINDS: { [K in Kind]: new () => Block<Payloads[K]> } = {
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

export function newBlock<K extends Kind>(kind: K): Block<Payloads[K]>;
export function newBlock(kind: string): Block;
export function newBlock(kind: string): Block {
  if (!Object.hasOwn(KINDS, kind)) throw new Error(`[nbstream] no view for content of kind ${kind}`);
  // The kernel sends a block the payloads of its own kind only.
  return new KINDS[kind as Kind]() as Block;
}

// Shown below all others, in this order.
const LAST = [CitationsBlock, UsageBlock];

/** Get the rank of a block: blocks of a lower rank are above those of a higher. */
export function getRank(block: Block): number {
  return LAST.findIndex((kind) => block instanceof kind);
}

/** Check whether a block is a step between texts; see panels/fold_steps.ts. */
export function isStep(block: Block): boolean {
  return block instanceof ReasoningBlock || block instanceof ToolCallBlock || block instanceof NoticeBlock;
}

export type { Block };
