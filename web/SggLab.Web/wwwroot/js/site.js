// What needs no circuit: copying, theme choice, the menu of narrow screens, relative times, and healing a lost connection.
document.addEventListener('click', async (event) => {
  const copy = event.target.closest('[data-copy]');
  if (copy) {
    event.preventDefault();
    try {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.classList.add('lab-copied');
      setTimeout(() => copy.classList.remove('lab-copied'), 1200);
    } catch {
      getSelection().selectAllChildren(copy.querySelector('code') ?? copy); // no clipboard here: select, so that Ctrl+C does it
    }
  }
  const theme = event.target.closest('[data-theme-choice]');
  if (theme) window.labTheme.choose(theme.dataset.themeChoice);
  const skip = event.target.closest('[data-skip]');
  if (skip) {
    event.preventDefault(); // with <base href="/">, "#main" would leave the page
    document.getElementById('main')?.focus();
  }
  if (event.target.closest('#lab-menu a')) {
    const menu = document.getElementById('lab-menu');
    const fold = () => window.bootstrap.Collapse.getOrCreateInstance(menu).hide();
    // Bootstrap does not fold what still unfolds.
    if (menu.classList.contains('collapsing')) menu.addEventListener('shown.bs.collapse', fold, { once: true });
    else if (menu.classList.contains('show')) fold();
  }
});

const words = (seconds) => {
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 60 * 86400) return `${Math.floor(seconds / 86400)} d ago`;
  return `${Math.floor(seconds / (30 * 86400))} months ago`;
};
setInterval(() => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll('time[data-ago]')) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    // The text node stays: it is Blazor's.
    if (seconds >= -60 && time.firstChild) time.firstChild.data = words(seconds);
  }
}, 15000);

const modal = document.getElementById('components-reconnect-modal');
if (modal) {
  let healing = false;
  const answers = async () => {
    try {
      return (await fetch('/health', { cache: 'no-store' })).ok;
    } catch {
      return false;
    }
  };
  // The server restarted or forgot the circuit: everything a page shows is in its address, so load it again once the server answers.
  const heal = async () => {
    if (healing) return;
    healing = true;
    while (!(await answers())) await new Promise((go) => setTimeout(go, 1000));
    location.reload();
  };
  modal.addEventListener('components-reconnect-state-changed', (event) => {
    if (event.detail.state === 'failed' || event.detail.state === 'rejected') heal();
  });
}
