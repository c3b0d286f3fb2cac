"""The style sheet of a solution. Every rule is held to class names of ours."""

STYLE = """
.tir{font:1em/1.5 system-ui,sans-serif;max-width:50rem;overflow-wrap:anywhere}
.tir p{margin:.4em 0}
.tir ul,.tir ol{margin:.4em 0;padding-left:1.8em}
.tir-question,.tir-rationale{overflow:auto hidden}
.tir-question{font-size:1.05em}
.tir-facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15em 1em;
align-items:baseline;margin:.7em 0;padding:.6em .8em;border:1px solid;border-color:color-mix(
in srgb,currentColor 22%,
transparent);border-radius:6px}
.tir-facts dt{grid-column:1;opacity:.75}
.tir-facts dd{grid-column:2;margin:0;overflow:auto hidden}
.tir-strong{font-weight:600;font-size:1.1em}
.tir-good,.tir-bad,.tir-open{font-weight:600}
.tir-good::before,.tir-bad::before,.tir-open::before{margin-right:.4em}
.tir-good::before{content:"\\2713";color:#2a9d4e}
.tir-bad::before{content:"\\2717";color:#e5484d}
.tir-open::before{content:"?";color:#b7791f}
.tir details{margin:.3em 0}
.tir summary{cursor:pointer;padding:.15em .3em;border-radius:4px;overflow:auto hidden}
.tir summary:hover{background:color-mix(in srgb,currentColor 8%,transparent)}
.tir summary:focus-visible{outline:2px solid;outline-offset:1px}
.tir details[open]>:not(summary){margin-left:1.1em}
.tir-label{font-size:.85em;opacity:.75}
.tir pre{margin:.3em 0;padding:.5em .7em;border-radius:4px;overflow:auto;max-height:30em;
background:color-mix(in srgb,currentColor 6%,transparent);color:inherit;
white-space:pre-wrap;font:.87em/1.45 ui-monospace,monospace}
.tir pre code,.tir pre samp{font:inherit;background:none;color:inherit;padding:0}
.tir-samp{border-left:3px solid;border-left-color:color-mix(in srgb,currentColor 35%,transparent)}
.tir code{font-family:ui-monospace,monospace;font-size:.92em}
.tir math{font-family:math,"Cambria Math","STIX Two Math","Latin Modern Math",
"DejaVu Math TeX Gyre",serif;font-size:1.08em}
.tir-strong math{math-style:normal}
.tir math[display=block]{margin:.4em 0}
.tir .tir-boxed{border:1px solid;padding:.15em .3em}
.tir .tir-over>:first-child{border-top:1px solid;padding-top:.1em}
.tir .tir-below>:first-child{border-bottom:1px solid;padding-bottom:.1em}
.tir .tir-over>:last-child,.tir .tir-below>:last-child{visibility:hidden;font-size:1%}
.tir .tir-struck{text-decoration:line-through}
.tir .tir-left{text-align:left}
.tir .tir-right{text-align:right}
.tir .tir-ruled{border-left:1px solid}
.tir .tir-edged{border-right:1px solid}
.tir .tir-under{border-top:1px solid}
.tir .tir-closed{border-bottom:1px solid}
""".strip()
