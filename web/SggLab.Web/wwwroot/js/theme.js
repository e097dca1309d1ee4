// Runs before the first paint, so that a dark page never flashes white. "auto" follows the system.
(() => {
  const key = 'lab-theme';
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = () => {
    try { return localStorage.getItem(key) ?? 'auto'; } catch { return 'auto'; }
  };
  const show = () => {
    const choice = chosen();
    const theme = choice === 'auto' ? (system.matches ? 'dark' : 'light') : choice;
    const root = document.documentElement;
    if (root.dataset.bsTheme !== theme) {
      root.dataset.bsTheme = theme;
      document.dispatchEvent(new CustomEvent('lab-theme'));
    }
    root.dataset.labThemeChoice = choice;
  };
  system.addEventListener('change', show);
  window.labTheme = {
    choice: chosen,
    choose: (choice) => {
      try { localStorage.setItem(key, choice); } catch { /* private mode: the choice lasts for this page */ }
      document.documentElement.dataset.labThemeChoice = choice;
      show();
    },
  };
  show();
})();
