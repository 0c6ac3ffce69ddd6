/** The one stylesheet. It stands in code because the build copies code only. Colours are named once, for light and dark. */
export const CONSOLE_CSS = `
:root {
  color-scheme: light dark;
  --paper: #fafaf8; --card: #ffffff; --ink: #1c2024; --muted: #6b7178; --line: #e5e5e0; --soft: #f1f1ed; --accent: #2a5bd7;
  --grey: #a3a8ae; --blue: #2f6fde; --violet: #7a4fd0; --amber: #c97a06; --green: #2c8a57; --red: #cc3b32; --teal: #1b8a94;
  --warn-paper: #fff7e8; --warn-line: #f0d9a8; --bad-paper: #fdf0ef; --bad-line: #f2cbc8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131518; --card: #1a1d21; --ink: #e6e8ea; --muted: #949ba3; --line: #2b2f35; --soft: #22262b; --accent: #86a9ff;
    --grey: #6b727a; --blue: #6b9dff; --violet: #b08cff; --amber: #e5a13b; --green: #55b883; --red: #f0736a; --teal: #4cbcc6;
    --warn-paper: #2a2416; --warn-line: #4d4020; --bad-paper: #2d1c1b; --bad-line: #57302d;
  }
}
* { box-sizing: border-box; }
html { font: 14px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; background: var(--paper); color: var(--ink); }
body { margin: 0; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
code, pre { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
h1, h2, h3, h4, p, ul, ol, dl { margin: 0; padding: 0; }
h1 { font-size: 20px; font-weight: 600; letter-spacing: -.01em; }
h1 code { font-size: 17px; overflow-wrap: anywhere; }
h2 { font-size: 13px; font-weight: 600; margin-bottom: 10px; }
h3, h4 { font-size: 14px; font-weight: 500; }
ul, ol { list-style: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }

header { display: flex; align-items: center; gap: 28px; padding: 0 28px; height: 52px; background: var(--card); border-bottom: 1px solid var(--line); position: sticky; top: 0; z-index: 1; }
header .mark { display: flex; align-items: center; gap: 9px; color: var(--ink); font-weight: 650; font-size: 15px; letter-spacing: -.01em; }
header .mark:hover { text-decoration: none; }
.mark i, .mark-dot { width: 14px; height: 14px; border-radius: 50%; border: 4px solid var(--accent); display: inline-block; }
header nav { display: flex; gap: 20px; align-self: stretch; }
header nav a { display: flex; align-items: center; color: var(--muted); border-bottom: 2px solid transparent; border-top: 2px solid transparent; }
header nav a:hover { color: var(--ink); text-decoration: none; }
header nav a[aria-current] { color: var(--ink); border-bottom-color: var(--accent); }
header form { margin-left: auto; display: flex; gap: 16px; align-items: center; }
header .stale { color: var(--amber); margin-left: auto; }
header .stale:not([hidden]) + form { margin-left: 0; }
main { max-width: 1320px; margin: 0 auto; padding: 24px 28px 64px; display: grid; gap: 20px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; min-width: 0; }
.columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 20px; align-items: start; }
.columns > div { display: grid; gap: 20px; min-width: 0; }
@media (max-width: 1000px) { .columns { grid-template-columns: minmax(0, 1fr); } main, header { padding-left: 16px; padding-right: 16px; } }

.muted { color: var(--muted); }
.small { font-size: 12px; }
.right { text-align: right; }
.nowrap { white-space: nowrap; }
.number, time { font-variant-numeric: tabular-nums; }
.empty { color: var(--muted); padding: 6px 0; }
.more { margin-top: 12px; }
.note { margin: -12px 2px 0; }

table { width: 100%; border-collapse: collapse; }
th { font-size: 12px; font-weight: 500; color: var(--muted); text-align: left; padding: 0 12px 6px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); vertical-align: baseline; overflow-wrap: anywhere; }
th.right, td.right { text-align: right; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child td { border-bottom: 0; padding-bottom: 0; }
td:first-child code { white-space: nowrap; }
.events td { padding-top: 4px; padding-bottom: 4px; }
.line { color: var(--muted); }

.dot { display: inline-block; width: 8px; height: 8px; border-radius: 50%; background: var(--tone, var(--grey)); flex: none; }
.state { display: inline-flex; align-items: center; gap: 7px; white-space: nowrap; }
.state-accepted, .state-ready, .state-starting { --tone: var(--teal); }
.state-planning, .state-dispatched, .state-executing, .state-running, .state-sent { --tone: var(--blue); }
.state-verifying, .state-draining { --tone: var(--violet); }
.state-waiting, .state-parked, .state-unknown, .state-inconclusive, .state-half-open, .state-compensating { --tone: var(--amber); }
.state-completed, .state-succeeded, .state-verified, .state-passed, .state-closed, .state-happened, .state-true { --tone: var(--green); }
.state-failed, .state-refuted, .state-open, .state-dead, .state-false { --tone: var(--red); }
.state-compensated { --tone: var(--teal); }
.tallies .state, .state { color: inherit; }
.state-ready.state .dot { --tone: var(--green); }
.dot.state-pending, .dot.state-skipped, .dot.state-cancelled, .dot.state-absent, .state-pending .dot, .state-skipped .dot, .state-cancelled .dot, .state-absent .dot { background: transparent; border: 2px solid var(--grey); }
.dot.state-verified { box-shadow: 0 0 0 2px var(--card), 0 0 0 3.5px var(--green); }
.dot.state-executing, .dot.state-dispatched, .state-running .dot { box-shadow: 0 0 0 3px color-mix(in srgb, var(--blue) 22%, transparent); }

.tag, .label { display: inline-block; font-size: 12px; line-height: 18px; padding: 0 7px; border-radius: 5px; background: var(--soft); color: var(--muted); white-space: nowrap; max-width: 320px; overflow: hidden; text-overflow: ellipsis; vertical-align: middle; }
.label { margin: 1px 6px 1px 0; }
.label b { font-weight: 500; color: var(--ink); margin-left: 6px; }
.tag.warn { background: var(--warn-paper); color: var(--amber); box-shadow: inset 0 0 0 1px var(--warn-line); }

.calm { display: flex; align-items: center; gap: 10px; padding: 12px 20px; color: var(--muted); }
.attention { background: var(--warn-paper); border-color: var(--warn-line); }
.attention article { padding: 12px 0; border-top: 1px solid var(--warn-line); display: grid; gap: 6px; }
.attention article:last-child { padding-bottom: 0; }
.attention h3 { display: flex; align-items: center; gap: 12px; flex-wrap: wrap; }
.attention h3 .right { margin-left: auto; }
.attention ul { display: grid; gap: 4px; }
.attention li { display: flex; align-items: baseline; gap: 8px; flex-wrap: wrap; }
.attention li b { font-weight: 500; }
.attention .why { color: var(--muted); }

.tallies { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); padding: 6px 8px; }
.tally { display: grid; gap: 2px; padding: 12px; color: var(--muted); border-radius: 7px; }
.tally:hover { background: var(--soft); text-decoration: none; }
.tally b { font-size: 24px; line-height: 1.2; font-weight: 550; color: var(--ink); letter-spacing: -.02em; }
.tally.zero b { color: var(--grey); font-weight: 450; }
.tally.zero .dot { opacity: .4; }

.progress { display: inline-flex; align-items: baseline; gap: 10px; white-space: nowrap; }
progress { appearance: none; align-self: center; width: 64px; height: 4px; border: 0; border-radius: 2px; overflow: hidden; background: var(--line); }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: color-mix(in srgb, var(--ink) 50%, transparent); }
progress::-moz-progress-bar { background: color-mix(in srgb, var(--ink) 50%, transparent); }

.filter { display: flex; flex-wrap: wrap; gap: 4px; margin: 0 -8px 14px; }
h1 + .filter { margin-top: 12px; }
.filter a { color: var(--muted); padding: 3px 9px; border-radius: 6px; display: inline-flex; gap: 7px; align-items: center; }
.filter a:hover { background: var(--soft); text-decoration: none; }
.filter a[aria-current] { background: var(--soft); color: var(--ink); }

.heading { display: grid; gap: 10px; }
.crumbs { font-size: 12px; margin-bottom: -8px; }
.standing { display: flex; align-items: center; flex-wrap: wrap; gap: 12px; font-size: 15px; }
.facts { display: flex; flex-wrap: wrap; gap: 12px 36px; }
.facts dt { font-size: 12px; color: var(--muted); }
.facts dd { margin: 0; }
.failure { background: var(--bad-paper); border: 1px solid var(--bad-line); border-radius: 7px; padding: 8px 12px; overflow-wrap: anywhere; }
.failure b { color: var(--red); font-weight: 550; margin-right: 6px; }
.conditions { padding: 6px 20px; }
.conditions li { display: flex; flex-wrap: wrap; gap: 10px; padding: 6px 0; align-items: baseline; }
.conditions li b { font-weight: 550; }
.conditions li.warn b { color: var(--amber); }
.conditions .right { margin-left: auto; }

.step { scroll-margin-top: 68px; border-top: 1px solid var(--line); }
.step:last-child { border-bottom: 1px solid var(--line); }
.step > summary { display: grid; grid-template-columns: 8px minmax(90px, 1.2fr) minmax(90px, 1fr) 86px minmax(0, 2.6fr) 84px 64px 8px; gap: 12px; align-items: baseline; padding: 7px 4px; cursor: pointer; list-style: none; }
.step > summary::-webkit-details-marker { display: none; }
.step > summary::after { content: '›'; color: var(--grey); justify-self: end; }
.step[open] > summary::after { transform: rotate(90deg); }
.step > summary:hover { background: var(--soft); }
.step > summary > * { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.step > summary .dot { overflow: visible; align-self: center; }
.step .key { font-weight: 500; }
.step.item .key { padding-left: 20px; font-weight: 400; }
.step .why { color: var(--muted); }
.step[open] > summary { background: var(--soft); }
.step[open] > summary .why { white-space: normal; }
.inside { padding: 12px 4px 18px 24px; display: grid; gap: 12px; }
@media (max-width: 760px) { .step > summary { grid-template-columns: 8px 1fr 86px 64px 8px; } .step > summary .tool, .step > summary .why, .step > summary span:nth-of-type(5) { display: none; } }
.way-out { background: var(--warn-paper); border: 1px solid var(--warn-line); border-radius: 7px; padding: 10px 14px; display: grid; gap: 6px; }
.way-out pre { margin: 0; background: var(--card); }
.operation, .verdict { border-left: 2px solid var(--line); padding-left: 14px; display: grid; gap: 8px; min-width: 0; }
.operation h4 { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; }
.timeline { display: grid; gap: 3px; }
.timeline li { display: flex; gap: 10px; align-items: baseline; }
.timeline .number { color: var(--muted); }
.verdict p { display: flex; flex-wrap: wrap; gap: 10px; }
.findings li { display: flex; gap: 9px; align-items: baseline; }
.findings b { font-weight: 500; }
.body > summary { cursor: pointer; color: var(--accent); width: fit-content; }
pre { margin: 8px 0 0; padding: 12px 14px; background: var(--soft); border-radius: 7px; overflow: auto; max-height: 360px; white-space: pre-wrap; overflow-wrap: anywhere; }

button { font: inherit; cursor: pointer; border-radius: 7px; border: 1px solid var(--accent); background: var(--accent); color: var(--card); padding: 8px 14px; }
button.quiet { background: none; border: 0; color: var(--muted); padding: 0; }
button.quiet:hover { color: var(--ink); text-decoration: underline; }
.login { width: min(380px, 100%); margin: 12vh auto 0; display: grid; gap: 12px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 28px; }
.login h1 { display: flex; gap: 10px; align-items: center; }
.login label { font-weight: 500; margin-bottom: -6px; }
.login input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 7px; padding: 8px 10px; }
.refusal { color: var(--red); }
.problem { display: grid; gap: 8px; margin-top: 8vh; }
`;
