/** The page's measure, its headings, and what changes on a telephone and on paper. */
export const layout = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1.125rem/1.55 var(--serif);overflow-wrap:break-word}
main,header.top,footer,section.chapter{display:grid;grid-template-columns:minmax(1.25rem,1fr) minmax(0,64.5rem) minmax(1.25rem,1fr)}
main,main>section.chapter{grid-column:1/-1}
section.chapter>*,header.top>*,footer>*{grid-column:2;min-width:0}
section.chapter p,.text>:not(summary),.figure.text{max-width:42.5rem}
p{margin:0 0 .9em;text-wrap:pretty}
h1,h2,h3,h4,h5{margin:0;line-height:1.12;text-wrap:balance}
a{color:inherit;text-decoration-color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.18em}
:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
.masthead{display:flex;justify-content:space-between;align-items:center;gap:1rem;border-bottom:1px solid var(--ink);padding:.9rem 0 .8rem;font:700 .8125rem/1.3 var(--sans)}
.masthead span{font-weight:400;color:var(--muted)}
.tools{display:flex;gap:1.2rem}
.masthead button{font:inherit;font-weight:400;color:var(--muted);background:none;border:0;padding:.4rem 0;cursor:pointer;text-decoration:underline;text-underline-offset:.2em}
.masthead button:hover{color:var(--ink)}
h1{font-size:clamp(2.1rem,5.4vw,3.4rem);line-height:1.04;letter-spacing:-.018em;font-weight:700;margin:clamp(1.4rem,3vw,2rem) 0 .35em}
.standfirst{max-width:44rem;font-size:1.2rem;line-height:1.42;color:var(--muted);margin:0}
.best{margin:1.6rem 0 0;padding:1rem 0 1.1rem;border-top:4px solid var(--accent);border-bottom:1px solid var(--rule)}
.best blockquote{margin:0;font-size:clamp(1.4rem,3vw,2rem);line-height:1.24;letter-spacing:-.008em;max-width:30em;text-wrap:balance}
.best figcaption{margin-top:.5rem;font:.875rem/1.45 var(--sans);color:var(--muted)}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1rem 2rem;margin:1.1rem 0 0;padding:0}
.key div{display:flex;flex-direction:column-reverse;justify-content:flex-end}
.key dt{font:.875rem/1.4 var(--sans);color:var(--muted)}
.key dd{margin:0;font-size:1.6rem;line-height:1.2;font-variant-numeric:lining-nums}
header.top>.unfinished{margin:1.6rem 0 0}
nav.contents{margin:1.5rem 0 0;border-top:1px solid var(--ink)}
nav.contents ol{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));column-gap:2.2rem}
nav.contents li{display:grid;grid-template-columns:1.6rem 1fr;padding:.75rem 0 .8rem;border-bottom:1px solid var(--rule)}
nav.contents li>b{color:var(--accent);font-weight:700}
nav.contents a{font-weight:700;text-decoration:none}
nav.contents a:hover{text-decoration:underline}
nav.contents p{margin:.15rem 0 0;font-size:.9375rem;line-height:1.38;color:var(--muted)}
.chapter{margin-top:2.2rem}
.chapter>.opening{border-top:4px solid var(--ink);padding-top:.7rem;margin-bottom:.8rem}
.opening{display:grid;grid-template-columns:auto 1fr;column-gap:.8rem;align-items:baseline}
.opening>h2:first-child,.opening>p{grid-column:1/-1}
.opening .no{color:var(--accent);font-weight:700;font-size:clamp(1.7rem,4vw,2.4rem);line-height:1.12}
.opening h2{font-size:clamp(1.7rem,4vw,2.4rem);letter-spacing:-.014em;font-weight:700}
.opening p{font-size:1.25rem;line-height:1.42;color:var(--muted);max-width:38rem;margin:.8rem 0 0}
h3.loose{font-size:1.4rem;margin:2.6rem 0 .7rem}
footer{margin-top:3.5rem;padding-bottom:3rem;font:.875rem/1.55 var(--sans);color:var(--muted)}
footer>div{border-top:1px solid var(--ink);padding-top:1rem}
footer p{margin:0 0 .4rem;max-width:46rem}
code{font:.86em/1.5 var(--mono);color:var(--ink);overflow-wrap:anywhere}
@media (max-width:46rem){
body{font-size:1.0625rem}
.chapter{margin-top:2.8rem}
.standfirst,.opening p{font-size:1.1875rem}
}
@media print{
@page{margin:16mm 14mm}
html{font-size:12px}
main,header.top,footer,section.chapter{display:block}
.masthead button,.more>summary,.values,.mark,input{display:none!important}
select{appearance:none;border:0;padding:0}
details::details-content{content-visibility:visible;block-size:auto}
.fold>summary{list-style:none}
.fold>summary::before{display:none}
.chapter{break-before:page;margin-top:0}
.figure-head,h2,h3,h4,.opening{break-after:avoid}
.key{grid-template-columns:repeat(4,1fr)}
.chart,.jokes li,.pairs li,.timeline li,tr,.key,.best{break-inside:avoid}
a{text-decoration:none}
}
`;
