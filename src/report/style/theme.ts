/**
 * The page's colours in both themes, and its letters. A reader's choice (`data-theme` on the root) goes
 * before the system's; paper is always light.
 */
const light = `
--paper:#fff;--wash:#f4f5f6;--ink:#15171b;--muted:#5a606b;--faint:#a9afb9;--rule:#d8dbe0;
--accent:#c2321d;--mark:#ffe37a;`;
const dark = `
--paper:#15171b;--wash:#1e2127;--ink:#e9eaed;--muted:#a3a9b4;--faint:#646b78;--rule:#363b45;
--accent:#ff8166;--mark:#6a5408;`;

export const theme = `
:root{color-scheme:light;${light}
--serif:Charter,"Bitstream Charter","Iowan Old Style","Palatino Linotype",Georgia,"Liberation Serif",serif;
--sans:"Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif;
--mono:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
@media screen{:root[data-theme=dark]{color-scheme:dark;${dark}}}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${dark}}}
`;
