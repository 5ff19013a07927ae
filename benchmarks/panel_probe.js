// What `benchmarks.panel` knows of a page: bytes on its sockets, long tasks, and which
// token has been in the page since when. Runs before the page's own scripts.
(() => {
  const probe = {
    bytes: 0,
    types: {}, // bytes and number of messages by their type
    longTasks: [], // [wall clock when it began, ms]
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

  /** The last number at the end of what is in a node: looked for from the end, so that
   *  looking costs next to nothing however much there is. */
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

  /** Scroll an element up and down for some time; frames a second, and the longest. */
  probe.scroll = (el, ms) =>
    new Promise((resolve) => {
      const began = performance.now();
      let frames = 0;
      let last = began;
      let longest = 0;
      let by = -300;
      const step = (now) => {
        if (frames > 0) longest = Math.max(longest, now - last);
        last = now;
        if (now - began >= ms) {
          resolve({ fps: (frames * 1000) / (now - began), longest });
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
