/** How many colours series have. */
export const COLOURS = 6;

const LIGHT = `--paper: #fff; --ink: #1b1f24; --muted: #5b6570; --line: #d9dee4; --box: #f4f6f8; --heat: #a8380c; --cold: #1f5fa8;
--good: #1a7040; --bad: #b3261e; --series-0: #1f5fa8; --series-1: #c2571a; --series-2: #2b7a4b; --series-3: #8a3f9e;
--series-4: #8a6d00; --series-5: #56606b;`;
const DARK = `--paper: #15191e; --ink: #e7eaee; --muted: #a3adb8; --line: #39424c; --box: #1f252c; --heat: #ffa05c; --cold: #7db4f0;
--good: #7ccf9b; --bad: #ff9d94; --series-0: #7db4f0; --series-1: #f2a36b; --series-2: #7ccf9b; --series-3: #d5a5e5;
--series-4: #e3c25a; --series-5: #aab4be;`;

/** The colours of figures and pages, light or dark as the reader has it; light on paper. */
export const colours = (where: string) => `${where} { color-scheme: light dark; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { ${where} { ${DARK} } image.ink { filter: invert(1); } }`;

/** A page's style sheet. */
export const STYLE = `${colours(":root")}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 1rem 1rem 3rem; color: var(--ink); background: var(--paper);
  font: 17px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .6rem 0; } h2 { font-size: 1.25rem; margin: 2.2rem 0 .5rem; line-height: 1.3; }
p, li { max-width: 46rem; } a { color: var(--series-0); } .muted { color: var(--muted); }
blockquote { max-width: 48rem; margin: 1rem 0; padding: .2rem 1rem; border-left: 4px solid var(--series-1); background: var(--box); }
.claims { list-style: none; padding: 0; } .claims li { padding: .5rem .8rem; margin: .5rem 0; background: var(--box); border-left: 4px solid var(--bad); }
.claims li.holds { border-color: var(--good); } .verdict { font-weight: 700; color: var(--bad); } .holds .verdict { color: var(--good); }
.numbers { display: block; color: var(--muted); font-variant-numeric: tabular-nums; }
section.figure { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 2rem; break-inside: avoid; }
section.figure > h2 { grid-column: 1 / -1; }
@media (min-width: 1080px) { .figure.coded.short { grid-template-columns: minmax(0, 650px) minmax(0, 1fr); } }
@media (min-width: 1640px) { body { max-width: 1760px; } .figure.coded { grid-template-columns: minmax(0, 650px) minmax(0, 1fr); } }
figure { margin: 0; } figcaption { margin: .4rem 0; max-width: 46rem; }
.scroll { overflow-x: auto; } svg { display: block; max-width: none; height: auto; }
.picture.wide { display: none; } @media (min-width: 700px), print { .picture.wide { display: block; } .picture.narrow { display: none; } }
pre { background: var(--box); padding: .7rem .9rem; overflow-x: auto; font: 13.5px/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; margin: .4rem 0; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .92em; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: pre-wrap; }
td.number { text-align: right; } details { margin: .4rem 0; } summary { cursor: pointer; color: var(--muted); }
.tokens { line-height: 2; max-width: 46rem; } .tokens span { white-space: pre-wrap; padding: .1em 0; border-radius: 3px; }
nav { font-size: .92rem; } footer { margin-top: 3rem; font-size: .9rem; color: var(--muted); }
.keyword { color: var(--series-3); } .string { color: var(--series-2); } .comment { color: var(--muted); }
@media print { details > * { display: block; } pre { white-space: pre-wrap; } body { font-size: 11pt; } nav { display: none; } }
`;
