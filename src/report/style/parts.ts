/** Figures, charts, tables and lists of jokes. */
export const parts = `
.figure{margin:2.4rem 0;padding-top:.8rem;border-top:1px solid var(--ink)}
.figure-head h3{font-size:1.3rem;line-height:1.22;font-weight:700}
.figure-head p{margin:.25rem 0 0;font:.9375rem/1.4 var(--sans);color:var(--muted)}
.figure-head{margin-bottom:1rem}
figcaption,.note{font:.8125rem/1.5 var(--sans);color:var(--muted)}
.figure>figcaption{margin-top:.9rem;max-width:42.5rem}
.repeat{display:block;margin-top:.2rem}
.repeat span{display:inline-block;max-width:100%}
.note{margin:.3rem 0 0}
.quiet{font-weight:400;color:var(--muted)}
.caveat{border-left:4px solid var(--accent);padding-left:1rem;font-style:italic}
.chart svg{display:block;width:100%;height:auto;font-family:var(--sans);overflow:visible}
.chart text{white-space:pre;font-variant-numeric:tabular-nums}
.chart svg.narrow{display:none}
@media screen and (max-width:34rem){.chart svg.wide{display:none}.chart svg.narrow{display:block}}
.legend{margin:0 0 .4rem;font:.8125rem/1.4 var(--sans);display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}
.legend span{color:var(--own);font-weight:700}
.legend span::before{content:"";display:inline-block;width:.6rem;height:.6rem;border-radius:50%;background:var(--own);margin-right:.4rem;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.number .words{white-space:normal}
.legend .hollow::before{background:none;border:2px solid var(--own);box-sizing:border-box}
.panels>*+*{margin-top:.6rem}
.table{overflow-x:auto;margin:1rem 0 1.4rem;border-top:1px solid var(--ink)}
.table:has(+.note){margin-bottom:.6rem}
.note:has(+.table){margin-bottom:2rem}
table{border-collapse:collapse;width:100%;font:.875rem/1.4 var(--sans)}
caption{text-align:left;font-weight:700;padding:.6rem 0 .7rem}
th,td{text-align:left;vertical-align:top;padding:.42rem .9rem .42rem 0;border-bottom:1px solid var(--rule);font-weight:400}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--muted);vertical-align:bottom;border-bottom-color:var(--ink)}
.number{text-align:right;font-variant-numeric:tabular-nums lining-nums;white-space:nowrap}
thead .number{white-space:normal}
tr.strong>*{font-weight:700}
td:has(>i.bar){min-width:8rem}
i.bar{display:block;height:3px;background:var(--faint);margin:.2rem 0 0 auto}
tr.strong i.bar{background:var(--accent)}
.settings{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:0 2rem;margin:0;border-top:1px solid var(--ink);font:.875rem/1.4 var(--sans)}
.settings div{display:flex;justify-content:space-between;gap:1rem;padding:.42rem 0;border-bottom:1px solid var(--rule)}
.settings dt{color:var(--muted)}
.settings dd{margin:0;text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.answers{margin:0;border-top:1px solid var(--ink)}
.answers div{display:grid;grid-template-columns:10rem 1fr;gap:.1rem 1.5rem;padding:.7rem 0;border-bottom:1px solid var(--rule)}
.answers dt{font:700 .875rem/1.75 var(--sans)}
.answers dd{margin:0}
.timeline{list-style:none;margin:0;padding:0}
.timeline li{display:grid;grid-template-columns:8.5rem 1fr;gap:.2rem 1.5rem;position:relative;padding:0 0 1.3rem}
.timeline .when{margin:0;font:.8125rem/1.45 var(--sans);color:var(--muted);text-align:right}
.timeline .when>*{display:block}
.timeline .when b{color:var(--ink)}
.timeline .said{margin:0;padding-left:1.5rem;border-left:1px solid var(--rule);white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
.timeline li:last-child .said{border-left:4px solid var(--accent);margin-left:-1.5px;padding-left:calc(1.5rem - 1.5px)}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));gap:2rem 0}
.column{padding:0 1.4rem;border-left:1px solid var(--rule);min-width:0}
.column:first-child{padding-left:0;border-left:0}
.column:last-child{padding-right:0}
.column h4{font:700 .9375rem/1.35 var(--sans);margin-bottom:.8rem;display:flex;justify-content:space-between;gap:1rem}
.jokes{list-style:none;margin:0;padding:0}
.jokes li{padding:.85rem 0 .9rem;border-top:1px solid var(--rule)}
.jokes p{margin:0;font-size:1.0625rem;line-height:1.42}
.jokes .note{margin-top:.45rem;font-size:.8125rem;line-height:1.45}
.joke,blockquote{unicode-bidi:plaintext}
.joke{white-space:pre-wrap;overflow-wrap:anywhere}
q,cite,code,td,th,dd,.word{unicode-bidi:isolate}
.nearest{display:block;font-style:italic;overflow-wrap:anywhere;unicode-bidi:isolate}
.verdict{font-weight:700;color:var(--ink)}
.verdict.copy{color:var(--accent)}
mark{background:var(--mark);color:inherit;padding:.04em .1em;margin:0 -.1em;border-radius:2px;-webkit-box-decoration-break:clone;box-decoration-break:clone;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.real u,u{text-decoration-color:var(--accent);text-decoration-thickness:2px;text-underline-offset:.16em}
.pairs{list-style:none;margin:0;padding:0}
.pairs li{display:grid;grid-template-columns:1fr 1fr;gap:.6rem 2.8rem;padding:1rem 0;border-top:1px solid var(--rule)}
.pairs.three li{grid-template-columns:1fr 1fr 1fr}
.pairs li>div{min-width:0}
.pairs p{margin:0;line-height:1.45}
.pairs .note{margin-top:.35rem}
.cues section+section{margin-top:1.8rem}
.cues h4{font-size:1.2rem;margin-bottom:.7rem}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:1.2rem 2.8rem}
.sides h5{font:700 .8125rem/1.4 var(--sans);padding-bottom:.4rem;border-bottom:1px solid var(--rule)}
.sides ul{list-style:none;margin:0;padding:0}
.sides li{padding:.55rem 0;border-bottom:1px solid var(--rule);line-height:1.42}
.given{font-size:1rem;line-height:1.45;color:var(--muted);min-height:2.9em}
.bars{list-style:none;margin:0;padding:0;font:.875rem/1.3 var(--sans)}
.bars li{display:grid;grid-template-columns:6rem 1fr 3.6rem;gap:.7rem;align-items:center;padding:.22rem 0}
.bars .word{text-align:right;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bars .value{font-variant-numeric:tabular-nums;color:var(--muted)}
.bars i{display:block;height:.85rem;background:var(--ink)}
.bars.lead i{background:var(--accent)}
.bars i,i.bar{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.pictures svg{max-width:28rem}
@media screen and (max-width:46rem){
.column,.column:first-child,.column:last-child{padding:0;border:0}
.pairs li,.pairs.three li,.sides{grid-template-columns:1fr}
.pairs .real{padding-left:1rem;border-left:1px solid var(--rule)}
.timeline li{grid-template-columns:1fr}
.timeline .when{text-align:left}
.timeline .when>*{display:inline;margin-right:.7rem}
.timeline .said,.timeline li:last-child .said{padding-left:.9rem;margin-left:0}
.answers div{grid-template-columns:1fr}
}
@media print{
.columns{grid-template-columns:repeat(auto-fit,minmax(13rem,1fr))}
.chart svg{max-width:44rem}
.column{padding:0 .8rem}
.table{overflow:visible}
}
`;
