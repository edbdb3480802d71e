/** The page's only style sheet; its hash is in the page's policy. Contrast is at least 4.5 to 1 in both schemes. */
export const STYLE = `
:root { --ink: #1c1f23; --quiet: #57606a; --paper: #ffffff; --card: #fff4f2; --edge: #c6281c; --line: #d5d9de; --mark: #ffe3de; --code: #f4f5f7; --link: #0b57b8; --new: #116329; --old: #a40e26 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --quiet: #a2abb5; --paper: #14171a; --card: #2a1a19; --edge: #ff8a7d; --line: #3a4048; --mark: #4a2420; --code: #1e2226; --link: #8ab8ff; --new: #7ee787; --old: #ffa198 }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 72rem; padding: 1rem 1.25rem 3rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
header p { margin: 0 0 .75rem; overflow-wrap: anywhere }
.quiet, .gap, .no { color: var(--quiet) }
.skip { position: absolute; left: -100rem }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .25rem .5rem }
a { color: var(--link) }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.root { border: 1px solid var(--edge); border-left-width: .5rem; border-radius: .4rem; background: var(--card); padding: .75rem 1.25rem 1.25rem }
.kind { margin: 0; color: var(--edge); font-weight: 600 }
.root .kind span { font-weight: 400; color: var(--ink) }
h1 { margin: .25rem 0 .75rem; font-size: 1.35rem; line-height: 1.35; overflow-wrap: anywhere; white-space: pre-wrap }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
dl { margin: 0 0 1rem }
dl div { display: flex; flex-wrap: wrap; gap: 0 .75rem }
dt { min-width: 7rem; color: var(--quiet) }
dd { margin: 0; overflow-wrap: anywhere }
code, pre { font: .85rem/1.5 ui-monospace, monospace }
pre { margin: 0; white-space: pre; tab-size: 4 }
.root pre { overflow: auto; max-height: 22rem; background: var(--paper); border: 1px solid var(--line); border-radius: .3rem; padding: .5rem .75rem }
h3 { font-size: 1rem; margin: 1.25rem 0 .35rem }
.diff { overflow-x: auto; background: var(--code); border: 1px solid var(--line); border-radius: .3rem; padding: .5rem .75rem }
.diff ins, .diff del { text-decoration: none; color: var(--new) }
.diff del { color: var(--old) }
ol, ul { padding-left: 1.5rem }
li { margin: .35rem 0; overflow-wrap: anywhere }
q { font-style: italic }
.log { overflow-x: auto; background: var(--code); border: 1px solid var(--line); border-radius: .3rem; padding: .5rem 0 }
.log pre > * { display: inline-block; min-width: 100%; padding: 0 .75rem }
.log mark { background: var(--mark); color: inherit }
.log :target { outline: 2px solid var(--link); outline-offset: -2px }
.no { display: inline-block; min-width: 4.5rem; padding-right: .75rem; text-align: right; user-select: none }
.gap, .log summary { margin: 0; padding: .15rem .75rem; font-size: .85rem }
.gap::before { content: "⋯ " }
.code { font-style: normal; font-size: .75em; border: 1px solid var(--line); border-radius: .2rem; padding: 0 .15rem }
@media print { .log { overflow: visible } pre { white-space: pre-wrap } }
`;
