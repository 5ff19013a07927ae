// What every kind of panel has in common: its state in this page, and its connection.
import { handleFreezeMessage } from "../freeze.ts";
import type { FreezeContent } from "../freeze_dom.ts";
import type { LazyModule } from "../lazy_module.ts";
import type { Initialize } from "../protocol.ts";

/** The state of one panel in this page, shared by its views. */
export interface PanelState {
  /** Ask the kernel for what there is to show, and release everything at the signal. */
  connect(signal: AbortSignal): void;
  /** Take a message of the kernel. Those about the frozen output are handled before. */
  receive(message: never): void;
  /** Add a view to an element, until the signal.
   *
   *  @param freeze replaces the panel by its content once the kernel is gone; by default
   *  a panel that can be replaced does so by itself. */
  draw(el: HTMLElement, signal: AbortSignal, freeze?: FreezeContent): void;
}

/** Pass the kernel's messages to a panel until the signal, the early ones first. */
export function connectPanel(
  state: PanelState,
  { model, signal, early }: Initialize,
  send: (message: { type: "freeze" | "refreshed" }) => void,
  module: Pick<LazyModule<unknown>, "receive">,
): void {
  const receive = (message: { type: string }) => {
    if (module.receive(message)) return;
    if (!handleFreezeMessage(model, message, send)) state.receive(message as never);
  };
  early.forEach(receive);
  model.on("msg:custom", receive);
  signal.addEventListener("abort", () => model.off("msg:custom", receive));
  state.connect(signal);
}
