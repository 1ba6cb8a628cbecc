// The surround of the page: dark, mid-grey or light, or as the system. It runs before anything is painted, and keeps
// Gradio's class "dark" in step, which Gradio sets by the system alone.
(() => {
  const KEY = 'reswd-surround';
  const KNOWN = ['system', 'dark', 'mid', 'light'];
  const root = document.documentElement;
  const night = matchMedia('(prefers-color-scheme: dark)');
  let chosen = 'system';
  const read = () => {
    try {
      const kept = localStorage.getItem(KEY);
      chosen = KNOWN.includes(kept) ? kept : 'system';
    } catch { /* no storage is allowed here: the choice holds until the page is left */ }
  };
  const shown = () => {
    if (chosen !== 'system') return chosen;
    const asked = new URLSearchParams(location.search).get('__theme');
    if (asked === 'dark' || asked === 'light') return asked;
    return night.matches ? 'dark' : 'light';
  };
  const apply = () => {
    const now = shown();
    const dark = now !== 'light';
    root.dataset.surround = now;
    root.style.colorScheme = dark ? 'dark' : 'light';
    for (const each of [root, document.body])
      if (each && each.classList.contains('dark') !== dark) each.classList.toggle('dark', dark);
    for (const radio of document.querySelectorAll('input[name=surround]')) radio.checked = radio.value === chosen;
  };
  read();
  apply();
  night.addEventListener('change', apply);
  addEventListener('storage', (event) => {
    if (event.key !== KEY) return;
    read();
    apply();
  });
  addEventListener('change', (event) => {
    if (event.target.name !== 'surround') return;
    chosen = event.target.value;
    try {
      localStorage.setItem(KEY, chosen);
    } catch { /* as above */ }
    apply();
  });
  addEventListener('DOMContentLoaded', () => {
    apply();
    new MutationObserver(apply).observe(document.body, {attributes: true, attributeFilter: ['class']});
    const switched = new MutationObserver(() => {
      if (!document.querySelector('input[name=surround]')) return;
      switched.disconnect();
      apply();
    });
    switched.observe(document.body, {childList: true, subtree: true});
  });
})();
