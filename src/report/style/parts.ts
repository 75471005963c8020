/** Figures, charts, tables and lists of jokes. */
export const parts = `
.figure{margin:1.2rem 0;padding-top:.6rem;border-top:1px solid var(--ink)}
.folds{display:grid;grid-template-columns:minmax(0,1fr);column-gap:2.8rem;grid-auto-flow:dense;border-bottom:1px solid var(--rule);margin-top:.6rem}
@media screen and (min-width:60rem){.folds{grid-template-columns:repeat(2,minmax(0,1fr))}}
.fold{border-top:1px solid var(--rule)}
.fold[open],.fold:only-child{grid-column:1/-1}
.side-by-side{display:grid;grid-template-columns:minmax(0,1fr);column-gap:2.8rem}
@media screen and (min-width:60rem){.side-by-side{grid-template-columns:repeat(2,minmax(0,1fr))}}
.fold>summary,.more>summary,.values>summary{cursor:pointer;list-style:none;display:flex;gap:.7rem;align-items:baseline}
.fold>summary::-webkit-details-marker,.more>summary::-webkit-details-marker,.values>summary::-webkit-details-marker{display:none}
.fold>summary{padding:.45rem 0}
.fold>summary h3{font-size:1.0625rem;line-height:1.3;font-weight:400}
.fold[open]>summary h3{font-weight:700}
summary::before{content:"+";flex:none;width:.8rem;font:700 1rem/1 var(--sans);color:var(--accent)}
details[open]>summary::before{content:"−"}
summary:hover h3,.more>summary:hover,.values>summary:hover{text-decoration:underline;text-decoration-color:var(--accent);text-underline-offset:.18em}
.fold>.figure{margin:0 0 1.6rem;padding:0;border:0}
.more,.values{font:.875rem/1.45 var(--sans)}
.more>summary,.values>summary{padding:.5rem 0;color:var(--muted)}
.more .joke{font-family:var(--serif);font-size:1.0625rem}
.figure-head h3{font-size:1.3rem;line-height:1.22;font-weight:700}
.figure-head p{margin:.25rem 0 0;font:.9375rem/1.4 var(--sans);color:var(--muted)}
.figure-head{margin-bottom:.6rem}
figcaption,.note{font:.8125rem/1.5 var(--sans);color:var(--muted)}
.figure>figcaption{margin-top:.6rem;max-width:42.5rem}
.repeat{display:block;margin-top:.1rem}
.repeat code{font-size:.7rem}
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
.window{list-style:none;display:flex;flex-wrap:wrap;gap:.5rem 0;margin:.5rem 0 1.2rem;padding:0;font:.8125rem/1.35 var(--mono)}
.window li{display:grid;justify-items:center;min-width:1.5rem;padding:0 .15rem;border-left:1px solid transparent}
.window li.opens{border-left-color:var(--accent)}
.window .labels{justify-items:start;min-width:3.4rem;font-family:var(--sans);color:var(--muted)}
.window i{font-style:normal;font-size:.6875rem;line-height:1.4;color:var(--muted)}
.window b{color:var(--accent)}
.window .labels b,.window b.quiet{color:var(--muted);font-weight:400}
.timeline{list-style:none;margin:0;padding:0}
.timeline li{display:grid;grid-template-columns:8rem 1fr;gap:.2rem 1.1rem;position:relative;padding:0 0 .7rem}
.timeline .when{margin:0;font:.8125rem/1.45 var(--sans);color:var(--muted);text-align:right}
.timeline .when>*{display:block}
.timeline .when span{display:inline-block;margin-left:.5rem}
.timeline .when b{color:var(--ink)}
.timeline .said{margin:0;padding-left:1.1rem;line-height:1.4;border-left:1px solid var(--rule);white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
.timeline li:last-child .said{border-left:4px solid var(--accent);margin-left:-1.5px;padding-left:calc(1.1rem - 1.5px)}
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
mark{background:var(--mark);color:var(--ink);padding:.04em .1em;margin:0 -.1em;border-radius:2px;-webkit-box-decoration-break:clone;box-decoration-break:clone;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.real u,u{text-decoration-color:var(--accent);text-decoration-thickness:2px;text-underline-offset:.16em}
.pairs{list-style:none;margin:0;padding:0}
.pairs li{display:grid;grid-template-columns:1fr 1fr;gap:.6rem 2.8rem;padding:.6rem 0;border-top:1px solid var(--rule)}
.pairs.three li{grid-template-columns:1fr 1fr 1fr}
.pairs li>div{min-width:0}
.pairs p{margin:0;line-height:1.45}
.pairs .note{margin-top:.35rem}
.pairs .note+p{margin-top:.75rem}
.more .pairs .joke{font-size:1.0625rem}
.given{font-size:1rem;line-height:1.45;color:var(--muted)}
section.chapter .wide>.given{max-width:none}
.bars{list-style:none;margin:0;padding:0;font:.875rem/1.3 var(--sans)}
.bars li{display:grid;grid-template-columns:6rem 1fr 3.6rem;gap:.7rem;align-items:center;padding:.22rem 0}
.bars .word{text-align:right;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bars .value{font-variant-numeric:tabular-nums;color:var(--muted)}
.bars i{display:block;height:.85rem;background:var(--ink)}
.bars.lead i,.bars li.lead i{background:var(--accent)}
.bars li.lead .word{font-weight:700}
input[type=range]{display:block;width:100%;margin:.6rem 0 .3rem;accent-color:var(--accent)}
select{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--faint);border-radius:3px;padding:.15rem .3rem;max-width:100%}
.controls{display:flex;flex-wrap:wrap;gap:.4rem 1.4rem;align-items:baseline;font:.875rem/1.6 var(--sans)}
.controls output{font-weight:700;font-variant-numeric:tabular-nums}
.reading{margin:.2rem 0 .6rem;font:.875rem/1.45 var(--sans);min-height:1.45em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.chart svg[data-x]{touch-action:pan-y;cursor:crosshair}
.mark{stroke:var(--accent);stroke-width:1;fill:none}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.letters .said{font-size:1.3rem;line-height:1.6;margin:.4rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;position:relative;cursor:pointer}
.letter-text+.letter-text{margin-top:1rem}
.letters .each>span{background:color-mix(in srgb,var(--accent) var(--heat),transparent);padding:.12em 0;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.s0{--heat:0%}.s1{--heat:10%}.s2{--heat:20%}.s3{--heat:32%}.s4{--heat:46%}
.letters .at,.chips .at{outline:2px solid var(--ink);outline-offset:1px}
.panel{max-width:34rem;min-height:9.6rem}
.temperature .panel{min-height:13.6rem}
.temperature.live>.values{display:none}
.chips{margin:.5rem 0 0;font-size:1rem;line-height:1.9;cursor:pointer}
.chips span{background:color-mix(in srgb,var(--accent) var(--weight,0%),transparent);padding:.1em .15em;border-radius:2px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.attention svg{max-width:26rem}
@media screen and (min-width:60rem){
.attention.live{display:grid;grid-template-columns:minmax(0,1fr) 12rem;column-gap:1.4rem;align-items:start}
.attention.live .chart{grid-column:2;grid-row:1/5}
}
.attention.live svg{max-width:20rem;cursor:crosshair}
.column:has(.attention.live) h4 .quiet{display:none}
.attention .row{fill:none;stroke:var(--ink)}
.attention .ground{fill:var(--wash)}
.attention .cells{fill:var(--accent)}
.attention .reading{min-height:2.9em}
.bars i,i.bar{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.pictures svg{max-width:28rem}
@media screen and (max-width:46rem){
.column,.column:first-child,.column:last-child{padding:0;border:0}
.pairs li,.pairs.three li{grid-template-columns:1fr}
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
