// Watches a page for what streamed content must not do. Every element that is ever in a
// panel or in frozen output is looked at, if only for a frame.
() => {
  const PLACES = ".nbs-panel, .nbstream-snapshot, .nbstream-streams, .rendered-elsewhere";
  const TAGS = new Set(
    ("a bdi blockquote br button canvas code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 h6 " +
      "hr i img input label li mark ol option p pre progress q s section select small span " +
      "strong b sub sup summary table tbody td th thead tr ul").split(" "),
  );
  const LOADING = ["action", "background", "data", "formaction", "ping", "poster", "srcdoc", "srcset"];
  const CLASS = /^(nbs-|nbstream-|hljs-|language-|jp-RenderedHTMLCommon$|numbering-entry$|u-|uplot$|mathjax_|tex2jax_)/;
  const guard = { ran: [], wrong: new Set(), seen: 0, globals: new Set(Object.getOwnPropertyNames(window)) };
  window.guard = guard;
  window.ran = (number) => guard.ran.push(number);
  for (const name of ["alert", "confirm", "prompt", "open", "print"]) {
    window[name] = () => guard.ran.push(name);
  }

  function check(el) {
    const place = el.closest(PLACES);
    if (place === null || el === place) return;
    guard.seen += 1;
    const wrong = (what) => guard.wrong.add(`${what}: ${el.outerHTML.slice(0, 300)}`);
    const elsewhere = place.matches(".rendered-elsewhere");
    // What the host's typesetter makes has elements of its own; the rest holds for it too.
    const math = el.closest("mjx-container") !== null;
    if (!math && !TAGS.has(el.localName)) wrong("tag");
    if (math && /^(script|style|iframe|img|object|embed|form|link)$/.test(el.localName)) wrong("tag");
    for (const { name, value } of el.attributes) {
      if (name.startsWith("on") || LOADING.includes(name)) wrong(name);
      if ((name === "id" || name === "name") && !elsewhere && !math) wrong(name);
      if (/href$/.test(name) && !/^(https?:\/\/|mailto:)/i.test(value) && !elsewhere) wrong(name);
      if (/href$/.test(name) && /^\W*(javascript|vbscript|data)/i.test(value)) wrong(name);
      if (name === "href" && !elsewhere && el.target !== "_blank") wrong("target");
      if (name === "src" && !/^data:image\/svg\+xml;base64,/.test(value)) wrong("src");
      if (name === "style" && /url\(|fixed|expression|@import/i.test(value)) wrong("style");
    }
    if (getComputedStyle(el).position === "fixed") wrong("position");
    if (elsewhere || math) return;
    for (const name of el.classList) if (!CLASS.test(name)) wrong(`class ${name}`);
  }

  function checkAll(el) {
    check(el);
    for (const inner of el.querySelectorAll("*")) check(inner);
  }

  for (const place of document.querySelectorAll(PLACES)) checkAll(place);
  new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      if (target instanceof Element) check(target);
      for (const node of addedNodes) if (node instanceof Element) checkAll(node);
    }
  }).observe(document, { subtree: true, childList: true, attributes: true });

  /** Opens everything that is folded in an element; what was folded is made when opened. */
  guard.unfold = async (el) => {
    for (let left = true; left; ) {
      const folded = [...el.querySelectorAll("details:not([open])")];
      for (const details of folded) details.open = true;
      left = folded.length > 0;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };

  /** How the notebook shows formulas of the user's. */
  async function own() {
    const notebook = window.jupyterapp?.shell.currentWidget?.content;
    if (notebook?.rendermime === undefined) return "";
    const el = document.createElement("p");
    el.textContent = "$\\color{blue}\\frac12$ $\\color{red}\\alpha\\div\\sum x$ $\\begin{align}x\\end{align}$";
    document.body.append(el);
    await notebook.rendermime.latexTypesetter.typeset(el);
    const colours = [...el.querySelectorAll("*")].map((part) => getComputedStyle(part).color);
    el.remove();
    return el.innerHTML + colours.join();
  }
  const ownBefore = own();

  /** What is not as it was before the content came, all over the page. */
  guard.changed = async () => {
    const found = [];
    if ((await own()) !== (await ownBefore)) found.push(`formulas: ${await own()}`);
    for (const math of document.querySelectorAll("mjx-container")) {
      const { height } = math.getBoundingClientRect();
      if (height > 2000) found.push(`${height} px high: ${math.outerHTML.slice(0, 200)}`);
    }
    for (const name of Object.getOwnPropertyNames(window)) {
      // Whatever else a host sets, hostile names are not among them.
      if (!guard.globals.has(name) && !name.startsWith("nbstream-") && !/^\d+$/.test(name)) {
        if (/evil|pollut|cookie|forms/i.test(name)) found.push(`global ${name}`);
      }
    }
    if ({}.polluted !== undefined || Object.keys(Object.prototype).length > 0) found.push("prototype");
    for (const name of ["location", "cookie", "forms", "body", "getElementById"]) {
      if (document[name] instanceof HTMLFormElement || document[name] instanceof HTMLAnchorElement) {
        found.push(`document.${name}`);
      }
    }
    // Nothing that is read or spoken has another order than it is sent in.
    const deceives = /[\u202a-\u202e\u2066-\u206f\u2028\u2029\ufff9-\ufffb\u{e0000}-\u{e00ff}]/u;
    for (const place of document.querySelectorAll(PLACES)) {
      const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
      while (texts.nextNode() !== null) {
        if (deceives.test(texts.currentNode.data)) found.push(`unseen: ${escape(texts.currentNode.data.slice(0, 200))}`);
      }
      for (const el of [place, ...place.querySelectorAll("[title], [aria-label], [alt]")]) {
        for (const name of ["title", "aria-label", "alt"]) {
          if (deceives.test(el.getAttribute(name) ?? "")) found.push(`unseen in ${name}: ${escape(el.outerHTML.slice(0, 200))}`);
        }
      }
    }
    // Whatever is drawn outside of its output lies over something else.
    for (let x = 5; x < innerWidth; x += 40) {
      for (let y = 5; y < innerHeight; y += 20) {
        const place = document.elementFromPoint(x, y)?.closest(PLACES);
        const box = place?.getBoundingClientRect();
        // What is drawn at a part of a pixel is found at all of it.
        const isOutside = box && (x < box.left - 1 || x > box.right + 1 || y < box.top - 1 || y > box.bottom + 1);
        if (isOutside) {
          found.push(`overlay at ${x}, ${y}: ${document.elementFromPoint(x, y).outerHTML.slice(0, 200)}`);
        }
      }
    }
    return { ran: guard.ran, wrong: [...guard.wrong], seen: guard.seen, found };
  };
}
