// What axe-core finds in the theme's blocks of code: a landmark without a name in each, and a box that scrolls and that
// no key reaches.
const mended = () => {
  for (const nav of document.querySelectorAll("nav.md-code__nav:not([role])")) nav.setAttribute("role", "none");
  for (const box of document.querySelectorAll("pre > code:not([tabindex]), .md-typeset__scrollwrap:not([tabindex])"))
    if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
};
new MutationObserver(mended).observe(document.body, { childList: true, subtree: true });
addEventListener("resize", mended);
mended();
