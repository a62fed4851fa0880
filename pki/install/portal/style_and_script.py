"""The pages' style sheet and script, and the policy that lets these two in and nothing else."""

from __future__ import annotations

from pki.report.page import hash_source
from pki.report.stylesheet import STYLE as COMMON

# Beside the reports' colours: what can be pressed and its label, 4.5 : 1 and more on either ground.
_LIGHT, _DARK = "--action:#0b57d0;--label:#ffffff", "--action:#9cc2ff;--label:#14171b"

STYLE = (
    f"""
:root{{{_LIGHT}}}
@media(prefers-color-scheme:dark){{:root{{{_DARK}}}}}
"""
    + """
html{-webkit-text-size-adjust:100%}
body{max-width:38rem;padding:1rem max(1rem,env(safe-area-inset-left));font-size:1.125rem}
h1{font-size:1.75rem}
section{border-top:1px solid var(--line);margin-top:1.5rem;padding-top:1.25rem}
section>h2{font-size:1.35rem;margin:0}
details h3{font-size:1.125rem;display:inline}
p{margin:.5rem 0}
ol,ul{margin:.5rem 0;padding-left:1.4rem}
li{margin:.6rem 0}
.note,.said{background:var(--panel);border-left:4px solid var(--warn);border-radius:.25rem;padding:.6rem .9rem;
margin:1rem 0}
.said{color:var(--text)}
.said:empty{display:none}
.said.good{border-color:var(--good)}.said.bad{border-color:var(--bad)}
.result{font-size:1.5rem;font-weight:700;margin:1rem 0 .25rem}
.action{display:block;min-height:3.25rem;padding:.8rem 1rem;border-radius:.75rem;background:var(--action);
font-weight:600;text-align:center;text-decoration:none;margin:1rem 0 .5rem}
a{color:var(--action)}
a.action{color:var(--label)}
a:focus-visible,summary:focus-visible{outline:3px solid var(--text);outline-offset:3px}
summary{padding:.6rem 0;min-height:2.75rem}
details{border:0;border-radius:0;padding:0;margin:0}
details+details{border-top:1px solid var(--line)}
details[open]{padding-bottom:1rem}
footer{margin-top:1.5rem}
code.whole{user-select:all;-webkit-user-select:all;overflow-wrap:anywhere}
.qr{display:block;width:min(15rem,80vw);border:1px solid var(--line);border-radius:.5rem;margin:.75rem 0}
.picture{display:block;width:100%;max-width:22rem;margin:.75rem 0}
.picture .small{font-size:12px}
.picture .bold{font-weight:600}
.picture .press{fill:var(--action)}
.picture .screen{fill:var(--panel);stroke:var(--line)}
.picture .row{fill:var(--ground);stroke:var(--line)}
.picture .here{fill:none;stroke:var(--action);stroke-width:3}
.picture .chevron{fill:none;stroke:var(--quiet);stroke-width:2}
.picture .gear{fill:var(--quiet)}
.picture .on{fill:var(--good)}
.picture .knob{fill:var(--ground)}
"""
)

# It asks the test server for nothing first, and shows no identity: that fails exactly when the connection cannot be
# made or is not trusted, and then this page says so instead of the browser's warning. The test itself is an ordinary
# navigation to the test server's own page. The server behind a front has no page of ours: what came of it is said here,
# at once where no identity is to be shown, else when this page is shown again. Where that server leads elsewhere the
# question fails although the device trusts it, and the front knows. All of it works without the script, less well.
SCRIPT = """
const touched=/Macintosh/.test(navigator.userAgent)&&navigator.maxTouchPoints>1;
if(touched){document.getElementById("mac").open=false;document.getElementById("iphone").open=true}
const ask=document.getElementById("ask"),said=document.getElementById("said");
if(ask&&ask.dataset.then)addEventListener("pageshow",event=>{if(event.persisted)location.reload()});
if(ask&&ask.dataset.probe)ask.addEventListener("click",async event=>{
  event.preventDefault();
  said.className="said";
  said.textContent=said.dataset.asking;
  try{
    await fetch(ask.dataset.probe,{mode:"no-cors",credentials:"omit",cache:"no-store"});
  }catch{
    await new Promise(resolve=>setTimeout(resolve,500));
    try{
      const answer=await fetch("seen",{cache:"no-store"});
      if(!answer.ok)throw new Error(answer.status);
      said.textContent=await answer.text();
    }catch{said.textContent=said.dataset.ended}
    said.className=said.textContent.startsWith("It works")?"said good":"said bad";
    return;
  }
  said.textContent="";
  if(ask.dataset.then==="tell")location.reload();
  else location.assign(ask.href);
});
"""


def policy(*, connecting: tuple[str, ...] = ()) -> tuple[str, str]:
    """The Content-Security-Policy of a page that may run its own script and style, and speak to CONNECTING."""
    rules = [
        "default-src 'none'",
        f"style-src '{hash_source(COMMON + STYLE)}'",
        *(
            (f"script-src '{hash_source(SCRIPT)}'", f"connect-src {' '.join(connecting)}")
            if connecting
            else ()
        ),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    return "Content-Security-Policy", "; ".join(rules)
