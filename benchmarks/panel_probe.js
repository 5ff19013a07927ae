// Measures a page for `benchmarks.panel`: bytes on its sockets, long tasks, and when each
// token was first in the page. Runs before the page's own scripts.
(() => {
  const probe = {
    bytes: 0,
    types: {}, // bytes and number of messages by their type
    longTasks: [], // [wall clock at its start, ms]
    seen: [], // [wall clock, highest number in the page]
  };
  window.probe = probe;
  // The server's clock, which is this machine's.
  const wall = () => performance.timeOrigin + performance.now();

  const latin = new TextDecoder("latin1");
  window.WebSocket = class extends window.WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => {
        const size = data.byteLength ?? data.length;
        const start = typeof data === "string" ? data.slice(0, 600) : latin.decode(data.slice(0, 600));
        const type = /"msg_type": ?"(\w+)"/.exec(start)?.[1] ?? "other";
        probe.bytes += size;
        const of = (probe.types[type] ??= [0, 0]);
        of[0] += size;
        of[1] += 1;
      });
    }
  };

  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) {
      probe.longTasks.push([performance.timeOrigin + task.startTime, task.duration]);
    }
  }).observe({ type: "longtask", buffered: true });

  /** Return the last number at the end of a node, or -1. It searches backwards, so that
   *  the cost does not grow with the text. */
  const lastNumber = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const end = node.data.slice(-40);
      const numbers = end.match(/\d{5,6}(?!\d)/g);
      return numbers === null ? -1 : Number(numbers.at(-1));
    }
    for (let child = node.lastChild; child !== null; child = child.previousSibling) {
      const found = lastNumber(child);
      if (found >= 0) return found;
    }
    return -1;
  };

  probe.watch = (cell, selector) => {
    probe.seen = [];
    let highest = -1;
    const look = () => {
      const all = cell.querySelectorAll(selector);
      if (all.length === 0) return;
      const number = lastNumber(all[all.length - 1]);
      if (number > highest) {
        highest = number;
        probe.seen.push([wall() / 1000, number]);
      }
    };
    new MutationObserver(look).observe(cell, { subtree: true, childList: true, characterData: true });
  };

  /** Scroll an element up and down for `ms`; return frames a second and the longest frame. */
  probe.scroll = (el, ms) =>
    new Promise((resolve) => {
      const started = performance.now();
      let frames = 0;
      let last = started;
      let longest = 0;
      let by = -300;
      const step = (now) => {
        if (frames > 0) longest = Math.max(longest, now - last);
        last = now;
        if (now - started >= ms) {
          resolve({ fps: (frames * 1000) / (now - started), longest });
          return;
        }
        frames += 1;
        el.scrollTop += by;
        if (frames % 40 === 0) by = -by;
        requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    });
})();
