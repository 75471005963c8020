/** The page's measure, its headings, and what changes on a telephone and on paper. */
export const layout = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1.125rem/1.55 var(--serif);overflow-wrap:break-word}
main,header.top,footer,section.chapter{--side:0rem;display:grid;grid-template-columns:minmax(1.25rem,1fr) var(--side) minmax(0,42.5rem) var(--side) minmax(1.25rem,1fr)}
@media screen and (min-width:52rem){main,header.top,footer,section.chapter{--side:3rem}}
@media screen and (min-width:69rem){main,header.top,footer,section.chapter{--side:11rem}}
main,section.chapter{grid-column:1/-1}
main>*,section.chapter>*{grid-column:3;min-width:0}
header.top>*,footer>*{grid-column:2/5;min-width:0}
.wide{grid-column:2/5!important}
section.chapter{grid-column:1/-1!important}
p{margin:0 0 1.1em;text-wrap:pretty}
h1,h2,h3,h4,h5{margin:0;line-height:1.12;text-wrap:balance}
a{color:inherit;text-decoration-color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.18em}
:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
.masthead{display:flex;justify-content:space-between;align-items:center;gap:1rem;border-bottom:1px solid var(--ink);padding:.9rem 0 .8rem;font:700 .8125rem/1.3 var(--sans)}
.masthead span{font-weight:400;color:var(--muted)}
.masthead button{font:inherit;font-weight:400;color:var(--muted);background:none;border:0;padding:.4rem 0;cursor:pointer;text-decoration:underline;text-underline-offset:.2em}
.masthead button:hover{color:var(--ink)}
h1{font-size:clamp(2.3rem,6.6vw,4.4rem);line-height:1.02;letter-spacing:-.018em;font-weight:700;margin:clamp(2rem,5vw,3.5rem) 0 .5em}
.standfirst{max-width:38rem;font-size:1.3rem;line-height:1.42;color:var(--muted);margin:0}
.best{margin:2.6rem 0 0;padding:1.4rem 0 1.5rem;border-top:4px solid var(--accent);border-bottom:1px solid var(--rule)}
.best blockquote{margin:0;font-size:clamp(1.5rem,3.6vw,2.35rem);line-height:1.24;letter-spacing:-.008em;max-width:30em;text-wrap:balance}
.best figcaption{margin-top:.9rem;font:.875rem/1.45 var(--sans);color:var(--muted)}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1.4rem 2rem;margin:1.6rem 0 0;padding:0}
.key div{display:flex;flex-direction:column-reverse;justify-content:flex-end}
.key dt{font:.875rem/1.4 var(--sans);color:var(--muted)}
.key dd{margin:0;font-size:1.75rem;line-height:1.2;font-variant-numeric:lining-nums}
header.top>nav.contents,header.top>.short,header.top>.unfinished{grid-column:3;margin:3.2rem 0 0}
header.top>nav.contents:not(:first-child){margin-top:2.6rem}
nav.contents h2,.short h2{font:700 .8125rem/1.3 var(--sans);padding-bottom:.6rem;border-bottom:1px solid var(--ink)}
nav.contents ol{list-style:none;margin:0;padding:0}
nav.contents li{display:grid;grid-template-columns:2.2rem 1fr;padding:.85rem 0;border-bottom:1px solid var(--rule)}
nav.contents li>b{color:var(--accent);font-weight:700}
nav.contents a{font-weight:700;text-decoration:none}
nav.contents a:hover{text-decoration:underline}
nav.contents p{margin:.15rem 0 0;font-size:1rem;line-height:1.45;color:var(--muted)}
.chapter{margin-top:5.5rem}
.chapter>.opening{grid-column:2/5;border-top:4px solid var(--ink);padding-top:1rem;margin-bottom:1.6rem}
.opening .no{color:var(--accent);font:700 1rem/1.3 var(--sans);display:block;margin-bottom:.5rem}
.opening h2{font-size:clamp(1.9rem,4.6vw,3rem);letter-spacing:-.014em;font-weight:700}
.opening p{font-size:1.25rem;line-height:1.42;color:var(--muted);max-width:38rem;margin:.8rem 0 0}
h3.loose{font-size:1.4rem;margin:2.6rem 0 .7rem}
footer{margin-top:5rem;padding-bottom:3rem;font:.875rem/1.55 var(--sans);color:var(--muted)}
footer>div{border-top:1px solid var(--ink);padding-top:1rem}
footer p{margin:0 0 .4rem;max-width:46rem}
code{font:.86em/1.5 var(--mono);color:var(--ink);overflow-wrap:anywhere}
@media (max-width:46rem){
body{font-size:1.0625rem}
.chapter{margin-top:4rem}
.standfirst,.opening p{font-size:1.1875rem}
}
@media print{
@page{margin:16mm 14mm}
html{font-size:12px}
main,header.top,footer,section.chapter{display:block}
.masthead button{display:none}
.chapter{break-before:page;margin-top:0}
.figure-head,h2,h3,h4,.opening{break-after:avoid}
.key{grid-template-columns:repeat(4,1fr)}
.chart,.jokes li,.pairs li,.timeline li,tr,.key,.best{break-inside:avoid}
a{text-decoration:none}
}
`;
