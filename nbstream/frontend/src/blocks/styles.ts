// The style of each kind of content, beside its code; apart from index.ts so that tests
// of the blocks need no bundler.
import uplot from "uplot/dist/uPlot.min.css";
import citations from "./citations.css";
import error from "./error.css";
import log from "./log.css";
import metrics from "./metrics.css";
import notice from "./notice.css";
import progress from "./progress.css";
import raw from "./raw.css";
import reasoning from "./reasoning.css";
import rows from "./rows.css";
import text from "./text.css";
import toolCall from "./tool_call.css";
import usage from "./usage.css";

export const css = [
  uplot,
  citations,
  error,
  log,
  metrics,
  progress,
  raw,
  reasoning,
  rows,
  notice,
  text,
  toolCall,
  usage,
].join("\n");
