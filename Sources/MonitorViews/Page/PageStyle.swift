/// How the page looks: on a screen, wide or narrow, by day or by night, and on paper.
enum PageStyle {
    static let sheet = colours + frame + content + pictures + narrow + paper

    private static let colours = """
        :root{--paper:#fbfaf7;--card:#fff;--ink:#1c1f23;--soft:#5c6670;--line:#dedad1;--faint:#eeebe3;--link:#0b5c97;
        --good:#0b6b4b;--good-bg:#e3f3ec;--bad:#b3261e;--bad-bg:#fbe9e6;--open:#8a5a00;--open-bg:#fbf1d9;
        --handshake:#0b66b0;--ccs:#6b7280;--alert:#c26a00;--protected:#12876a;--inferred:#7a4fc4;--opened:#5f7a00;--failed:#b3261e;
        --unaccounted:#c9302c}
        @media (prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1b1f23;--ink:#e8e6e1;--soft:#a2abb3;--line:#343a40;
        --faint:#262b30;--link:#7fbef0;--good:#63d2a7;--good-bg:#143528;--bad:#ff8f84;--bad-bg:#40201d;--open:#f0c060;
        --open-bg:#3a2e12;--handshake:#63b0f4;--ccs:#a2abb3;--alert:#f0a040;--protected:#4fc9a4;--inferred:#bb9cf5;--opened:#bcd35a;
        --failed:#ff8f84;--unaccounted:#ff7a70}}

        """

    private static let frame = """
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-behavior:smooth}
        @media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
        "DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
        header.top,main,footer{max-width:72rem;margin:0 auto;padding:0 1.25rem}
        header.top{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:baseline;justify-content:space-between;padding-top:1rem;
        font-size:.9rem;color:var(--soft)}
        header.top p{margin:0}
        nav a{margin-left:.9rem}
        nav a:first-child{margin-left:0}
        a{color:var(--link)}
        a:focus-visible,summary:focus-visible,.wide:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
        .skip{position:absolute;left:-99rem}
        .skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.4rem .8rem;z-index:2}
        .sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
        .hidden{position:absolute}
        section{margin:2.6rem 0}
        h1,h2,h3{line-height:1.2;text-wrap:balance}
        h2{font-size:1.45rem;margin:0 0 .8rem;letter-spacing:-.01em}
        h3{font-size:1.05rem;margin:1.4rem 0 .5rem}
        p{margin:.5rem 0;max-width:48rem}
        small,.quiet{color:var(--soft)}
        small{font-size:.86em}
        .quiet{font-size:.92rem}
        p.bad{color:var(--bad);font-weight:600}
        code{font:.88em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
        footer{border-top:1px solid var(--line);padding-top:1rem;padding-bottom:2.5rem;color:var(--soft);font-size:.88rem}

        """

    private static let content = """
        .banner{display:flex;gap:1.2rem;align-items:center;margin:1.2rem 0 1rem;padding:1.4rem 1.6rem;border-radius:14px;
        border:1px solid currentColor}
        .banner h1{margin:0;font-size:2.1rem;letter-spacing:.02em}
        .banner p{margin:.15rem 0}
        .banner .lead{color:var(--ink);font-size:1.12rem}
        .seal{flex:none}
        .seal circle{fill:none;stroke:currentColor;stroke-width:2.5}
        .seal path{fill:none;stroke:currentColor;stroke-width:4.5;stroke-linecap:round;stroke-linejoin:round}
        .v-proven{color:var(--good);background:var(--good-bg)}
        .v-refuted{color:var(--bad);background:var(--bad-bg)}
        .v-inconclusive{color:var(--open);background:var(--open-bg)}
        .tiles{list-style:none;margin:0 0 2rem;padding:0;display:grid;gap:.7rem;
        grid-template-columns:repeat(auto-fit,minmax(10.2rem,1fr))}
        .tiles li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.7rem .9rem}
        .tiles b{display:block;font-size:1.5rem;line-height:1.25;letter-spacing:-.01em}
        .tiles span{display:block}
        .tiles small{display:block;line-height:1.35}
        .findings{list-style:none;margin:.6rem 0;padding:0}
        .findings li{display:flex;gap:.7rem;padding:.4rem .7rem;border-left:4px solid var(--line);margin:.3rem 0;
        background:var(--card);border-radius:0 8px 8px 0}
        .findings .mark{flex:none;width:1.1rem;text-align:center}
        .findings small{white-space:normal}
        .w-violation{border-color:var(--bad)!important}
        .w-violation .mark{color:var(--bad)}
        .w-doubt{border-color:var(--open)!important;border-left-style:dashed!important}
        .w-doubt .mark{color:var(--open)}
        .lessons{list-style:none;margin:1rem 0;padding:0;columns:20rem 3;column-gap:.8rem}
        .lessons li{break-inside:avoid;margin-bottom:.8rem;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.85rem 1.1rem}
        .lessons h3{margin:0 0 .3rem;font-size:1rem}
        .lessons p{margin:0;font-size:.95rem;overflow-wrap:break-word}
        .hiddens{padding-left:1.2rem;max-width:48rem}
        .wide{overflow-x:auto;margin:.8rem 0}
        table{border-collapse:collapse;width:100%;font-size:.9rem}
        th:last-child,td:last-child{padding-right:0}
        caption{text-align:left;color:var(--soft);padding-bottom:.35rem;font-size:.88rem}
        th,td{padding:.38rem .7rem .38rem 0;overflow-wrap:break-word;text-align:left;vertical-align:top;border-bottom:1px solid var(--faint)}
        thead th{border-bottom:1.5px solid var(--line);color:var(--soft);font-weight:600;white-space:nowrap}
        tbody th{font-weight:500}
        tfoot th,tfoot td{font-weight:650;border-top:1.5px solid var(--line);border-bottom:0}
        th.n,td.n{text-align:right;white-space:nowrap}
        .facts{display:grid;gap:.15rem 2rem;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));margin:.8rem 0}
        .facts div{display:flex;gap:.8rem;padding:.28rem 0;border-bottom:1px solid var(--faint)}
        .facts dt{flex:none;width:10.5rem;color:var(--soft)}
        .facts dd{margin:0;min-width:0;overflow-wrap:anywhere}
        details{margin:.5rem 0}
        summary{cursor:pointer;padding:.25rem 0;font-weight:600}
        details>.facts{grid-template-columns:1fr}

        """

    private static let pictures = """
        .flow{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:.4rem 1.4rem 1.1rem;margin:1.2rem 0;
        scroll-margin-top:1rem}
        .flow>h3{font-size:1.15rem;overflow-wrap:anywhere}
        .number{display:inline-block;min-width:1.7em;padding:.05em .4em;border-radius:6px;background:var(--faint);text-align:center;
        font-size:.9em}
        .badges{display:flex;flex-wrap:wrap;gap:.35rem}
        .badge{border:1px solid var(--line);border-radius:99px;padding:.05rem .65rem;font-size:.84rem}
        .badge.good{color:var(--good);border-color:currentColor}
        .badge.bad{color:var(--bad);border-color:currentColor;font-weight:600}
        .badge.open{color:var(--open);border-color:currentColor;border-style:dashed}
        .badge.guess{color:var(--inferred);border-color:currentColor;border-style:dotted}
        figure{margin:1rem 0}
        figcaption{font-size:.9rem;color:var(--soft);margin-bottom:.2rem}
        .timeline{display:block;overflow:visible}
        .timeline .grid{stroke:var(--faint)}
        .timeline .axis{stroke:var(--soft)}
        .timeline .tick{stroke:var(--soft)}
        .timeline text{font-size:11px;fill:var(--soft)}
        .timeline .scale{paint-order:stroke;stroke:var(--card);stroke-width:3px}
        .timeline .time{text-anchor:middle}
        .timeline .side{text-anchor:end}
        .timeline .bar{transform:translateX(-2px)}
        .timeline g:hover .bar{stroke:var(--ink);stroke-width:2}
        .ledger{display:block;border-radius:6px}
        .part{stroke:var(--paper);stroke-width:1}
        .glyph{vertical-align:-4px;margin-right:.45rem;flex:none}
        .bar{stroke:none}
        .k-handshake{fill:var(--handshake);stroke:none}
        .k-ccs{fill:var(--card);stroke:var(--ccs);stroke-width:1.8}
        .k-ccs.bar,.k-ccs.part{fill:var(--ccs);stroke:none}
        .k-alert{fill:var(--alert)}
        .k-protected{fill:var(--protected)}
        .k-inferred{fill:var(--card);stroke:var(--inferred);stroke-width:2;stroke-dasharray:3 1.5}
        .k-inferred.bar{fill:var(--inferred);stroke:none}
        .k-opened{fill:var(--opened)}
        .k-failed{fill:var(--card);stroke:var(--failed);stroke-width:2}
        .k-failed.bar{fill:var(--failed);stroke:none}
        .k-unaccounted{fill:none;stroke:var(--unaccounted);stroke-width:3}
        .k-unaccounted.bar{fill:var(--unaccounted);stroke:none}
        .k-unaccounted.part{fill:var(--unaccounted);stroke:none}
        .ends{display:flex;justify-content:space-between;max-width:46rem;padding-left:5.2rem;color:var(--soft);font-size:.85rem}
        .ladder{list-style:none;margin:0;padding:0;max-width:46rem}
        .ladder li{display:grid;grid-template-columns:4.4rem 1fr;gap:.8rem;align-items:end}
        .when{text-align:right;color:var(--soft);font-size:.84rem;white-space:nowrap;padding-bottom:.2rem}
        .step{position:relative;display:flex;padding:.28rem 1rem .22rem;border-bottom:2px solid var(--c,var(--line));
        border-left:1.5px solid var(--line);border-right:1.5px solid var(--line);overflow-wrap:anywhere}
        .s2c .step{justify-content:flex-end;text-align:right}
        .step::after{content:"";position:absolute;bottom:-5px;border:4.5px solid transparent}
        .c2s .step::after{right:0;border-left:8px solid var(--c,var(--soft));border-right:0}
        .s2c .step::after{left:0;border-right:8px solid var(--c,var(--soft));border-left:0}
        .l-handshake{--c:var(--handshake)}
        .l-ccs{--c:var(--ccs)}
        .l-alert{--c:var(--alert)}
        .l-protected{--c:var(--protected)}
        .l-inferred{--c:var(--inferred)}
        .l-opened{--c:var(--opened)}
        .l-failed{--c:var(--failed)}
        .l-unaccounted{--c:var(--unaccounted)}
        .two{display:grid;gap:0 2.5rem;grid-template-columns:minmax(0,1.6fr) minmax(0,1fr);align-items:start}
        .two>.facts{grid-template-columns:1fr}
        .two .facts dt{width:8.5rem}
        .size{color:var(--soft);font-size:.88em;white-space:nowrap;margin-left:.35rem}
        .gauge{display:flex;gap:.6rem;align-items:baseline}
        .gauge b{font-size:2rem}
        .gauge span{color:var(--soft)}
        .score{display:block;max-width:48rem;margin:.35rem 0 .8rem}
        td .score{min-width:6rem;margin:.45rem 0 0}
        .trough{fill:var(--faint)}
        .fill{fill:var(--open)}
        .legend{list-style:none;padding:0;display:grid;gap:.6rem 1.6rem;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr))}
        .legend li{display:flex;font-size:.93rem}
        .legend .glyph{margin-top:.15rem}

        """

    private static let narrow = """
        @media (max-width:60rem){.two{grid-template-columns:1fr}}
        @media (max-width:40rem){.two .facts dt{width:auto}body{font-size:15px}header.top,main,footer{padding-left:.9rem;padding-right:.9rem}
        .banner{padding:1rem;gap:.8rem}.banner h1{font-size:1.5rem}.flow{padding:.2rem .9rem .8rem}
        .facts div{flex-direction:column;gap:0}.facts dt{width:auto;font-size:.86rem}
        .tiles{grid-template-columns:1fr 1fr}.tiles b{font-size:1.25rem}
        .ladder li{grid-template-columns:3.4rem 1fr;gap:.5rem}.ends{padding-left:3.9rem}.step{padding-left:.6rem;padding-right:.6rem}
        nav a{margin-left:0;margin-right:.8rem}}

        """

    private static let paper = """
        @media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--faint:#ddd;--link:#000}
        *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
        body{font-size:10pt}table{font-size:8pt}th,td{padding-right:.4rem}nav,.skip{display:none}section,.flow{margin:1.2em 0}
        .banner,.tiles li,.lessons li,figure,.ladder li,tr,.legend li{break-inside:avoid}
        h2,h3,figcaption,summary{break-after:avoid}.wide{overflow:visible}
        details::details-content{content-visibility:visible;display:block;height:auto}
        a{text-decoration:none}}
        """
}
