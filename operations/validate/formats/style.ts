// SPDX-License-Identifier: Apache-2.0

/** How the page looks, on a screen of either kind and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --pass: #1a7f37; --warning: #9a6700; --fail: #cf222e; --none: #6e7781; --line: #d0d7de; --bar: #0969da; }
@media (prefers-color-scheme: dark) { :root { --pass: #3fb950; --warning: #d29922; --fail: #f85149; --none: #8b949e; --line: #30363d; --bar: #58a6ff; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1000px; padding: 0 16px 48px; }
header { border-left: 8px solid var(--none); margin: 24px 0; padding: 4px 16px; }
header.good { border-color: var(--pass); } header.fair { border-color: var(--warning); } header.bad { border-color: var(--fail); }
h1 { margin: 0; } h1 span { font-weight: 400; } h2 { border-bottom: 1px solid var(--line); margin: 32px 0 8px; text-transform: capitalize; }
.counts { display: flex; flex-wrap: wrap; gap: 24px; list-style: none; margin: 8px 0; padding: 0; }
details { border-bottom: 1px solid var(--line); padding: 4px 0; } summary { cursor: pointer; }
small { color: var(--none); } details ul { margin: 4px 0; } details p { margin: 4px 0 4px 22px; }
.verdict { border: 1px solid currentColor; border-radius: 4px; display: inline-block; font-size: 12px; min-width: 88px; text-align: center; }
.verdict.pass, td.pass { color: var(--pass); } .verdict.warning, td.warning { color: var(--warning); }
.verdict.fail, td.fail { color: var(--fail); } .verdict.none, td.none { color: var(--none); }
table { border-collapse: collapse; } td, th { border: 1px solid var(--line); padding: 2px 8px; text-align: left; }
figure { display: inline-block; margin: 16px 24px 0 0; vertical-align: top; } figcaption { color: var(--none); font-size: 13px; margin-bottom: 4px; }
svg { max-width: 100%; height: auto; } svg text { fill: currentColor; font-size: 12px; } svg .label { font-weight: 600; }
svg .cell, svg .bar { fill: var(--bar); } svg .empty { fill: none; stroke: var(--line); stroke-dasharray: 3; }
svg .pass { fill: var(--pass); } svg .fail { fill: var(--fail); } svg .none { fill: var(--none); }
@media print { body { max-width: none; } details { break-inside: avoid; } figure { break-inside: avoid; } }
`;
