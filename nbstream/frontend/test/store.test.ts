// What a page does with frames: in order, with holes, late, and from another page's ask.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import type { Block } from "../src/blocks/index.ts";
import type { TextPayload } from "../src/blocks/text.ts";
import type {
  FreezeMessage,
  FromKernel,
  Head,
  HostModel,
  Model,
  Payload,
  ToKernel,
} from "../src/protocol.ts";
import type { Change } from "../src/reconcile.ts";
import { Store, type StreamView } from "../src/store.ts";

type Message = Exclude<FromKernel, FreezeMessage>;

let frames: (() => void)[] = [];
let now = 0;
mock.timers.enable({ apis: ["setTimeout"] });
mock.method(performance, "now", () => now);
const pass = (ms: number) => {
  now += ms;
  mock.timers.tick(ms);
};
beforeEach(() => {
  frames = [];
  Object.assign(globalThis, {
    requestAnimationFrame: (draw: () => void) => frames.push(draw),
    cancelAnimationFrame: () => {},
  });
});
const draw = () => {
  for (const one of frames.splice(0)) one();
};

const head: Head = { state: "live", reason: "", events: 1, bytes: 1, reconnects: 0, elapsed: 1, quiet: 0 };
const frame = (since: number, seq: number, text: string): Message => ({
  type: "frame",
  since,
  seq,
  patches: [[0, "text", { text }]],
  head,
});

const textOf = (payload: Payload) => (payload as TextPayload).text;

/** A kernel that records its messages, and a view that records the text. */
function page(early: Message[] = []) {
  const sent: ToKernel[] = [];
  const model = { get: () => "connecting" } as unknown as Model;
  const host = { on: () => {}, off: () => {} } as unknown as HostModel;
  const store = new Store(model, (message) => sent.push(message), host);
  for (const message of early) store.receive(message);
  store.connect(new AbortController().signal);
  let text = "";
  let drawn: Block[] = [];
  const view: StreamView = {
    arrange: (blocks: Iterable<Block>) => {
      drawn = [...blocks];
      text = drawn.map((block) => textOf(block.state())).join("");
    },
    patch: (changes: Change[]) => {
      text += changes.map(([, payload]) => textOf(payload)).join("");
    },
    head: () => {},
    connection: () => {},
  };
  return {
    store,
    sent,
    receive: (message: Message) => store.receive(message),
    look: () => store.add(view, new AbortController().signal),
    text: () => text,
    states: () => drawn.map((block) => block.state()),
  };
}

test("frames are drawn together, and acknowledged once drawn", () => {
  const { receive, sent, look, text } = page();
  look();
  draw();
  sent.length = 0;
  receive(frame(0, 1, "a"));
  receive(frame(1, 2, "b"));
  assert.equal(text(), "", "nothing is drawn before the page draws");
  draw();
  assert.equal(text(), "ab");
  pass(1000);
  assert.deepEqual(sent, [{ type: "ack", seq: 2, held: 1 }]);
});

test("a page answers once a second, with the last that it has drawn", () => {
  const { receive, sent, look } = page();
  look();
  draw();
  sent.length = 0;
  for (let seq = 1; seq <= 90; seq++) {
    receive(frame(seq - 1, seq, "a"));
    draw();
    pass(1000 / 30);
  }
  receive(frame(90, 91, "not drawn"));
  pass(1000);
  const answers = sent.map((message) => (message as { seq: number }).seq);
  assert.ok(answers.length <= 4, `${answers}`);
  assert.equal(answers.at(-1), 90);
});

test("a frame that tells the counts alone lets the clocks go on, and an event ends the quiet", () => {
  const { store, receive, look } = page();
  look();
  receive({ ...frame(0, 1, "a"), head: { ...head, quiet: 5, unbroken: true } } as Message);
  pass(2000);
  receive({ ...frame(1, 2, "b"), head: { bytes: 2 } } as Message);
  assert.deepEqual(store.head, { ...head, bytes: 2, elapsed: 3, quiet: 7, unbroken: true });
  pass(500);
  receive({ ...frame(2, 3, "c"), head: { events: 2 } } as Message);
  assert.deepEqual(store.head, { ...head, bytes: 2, events: 2, elapsed: 3.5, quiet: 0, unbroken: true });
  assert.equal(store.headAt, now);
  receive({ ...frame(3, 4, "d"), head } as Message);
  assert.deepEqual(store.head, head);
});

test("a page without a view acknowledges nothing", () => {
  const { receive, sent } = page();
  receive(frame(0, 1, "a"));
  draw();
  assert.deepEqual(sent, [{ type: "sync" }]);
});

test("a hole is noticed, asked about once, and filled by a snapshot", () => {
  const { receive, sent, look, text } = page();
  look();
  receive({ type: "snapshot", seq: 0, patches: [], head });
  draw();
  sent.length = 0;
  receive(frame(5, 6, "lost its way"));
  receive(frame(6, 7, "so did this"));
  assert.deepEqual(sent, [{ type: "sync" }]);
  receive({ type: "snapshot", seq: 7, patches: [[0, "text", { text: "all of it", dropped: 0 }]], head });
  receive(frame(7, 8, "!"));
  draw();
  assert.equal(text(), "all of it!");
});

test("a frame that is known already is passed over", () => {
  const { receive, sent, look, text } = page();
  look();
  receive(frame(0, 2, "ab"));
  draw();
  sent.length = 0;
  receive(frame(0, 1, "a"));
  draw();
  assert.equal(text(), "ab");
  assert.deepEqual(sent, []);
});

test("a snapshot that comes in parts is taken in whole, once they are all here", () => {
  const { receive, sent, look, states } = page();
  look();
  sent.length = 0;
  const last: Message = {
    type: "snapshot",
    parts: 2,
    seq: 3,
    patches: [
      [0, "rows", { add: [3] }],
      [1, "text", { text: "x", dropped: 0 }],
    ],
    head,
  };
  // This page came in the middle of an answer to another one.
  receive({ type: "part", number: 1, patches: [[0, "rows", { add: [2] }]] });
  receive({ type: "snapshot", seq: 0, patches: [], head });
  receive(last);
  assert.deepEqual(sent, [{ type: "sync" }]);
  // The first answer is given up for a second one's.
  receive({ type: "part", number: 0, patches: [[0, "rows", { add: [9], dropped: 1 }]] });
  receive({ type: "part", number: 0, patches: [[0, "rows", { add: [1], dropped: 1 }]] });
  receive({ type: "part", number: 1, patches: [[0, "rows", { add: [2] }]] });
  draw();
  assert.deepEqual(states(), []);
  receive(last);
  receive({ type: "frame", since: 3, seq: 4, patches: [[0, "rows", { add: [4] }]], head });
  draw();
  assert.deepEqual(states(), [
    { add: [1, 2, 3, 4], dropped: 1 },
    { text: "x", dropped: 0 },
  ]);
});

test("a snapshot that another page asked for changes nothing here", () => {
  const { receive, look, text } = page();
  look();
  receive(frame(0, 1, "a"));
  draw();
  receive({ type: "snapshot", seq: 1, patches: [[0, "text", { text: "a", dropped: 0 }]], head });
  draw();
  assert.equal(text(), "a");
});

test("what came before the store was there is taken first", () => {
  const { look, text } = page([frame(0, 1, "early ")]);
  look();
  assert.equal(text(), "early ");
});

test("a view that comes late draws the whole", () => {
  const { receive, look, text } = page();
  receive(frame(0, 1, "before "));
  receive(frame(1, 2, "the view"));
  look();
  assert.equal(text(), "before the view");
});
