// Filters, a switch for the colours, and buttons that copy. The page is whole without them.
(() => {
  'use strict';
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);

  // What is shown: kept in the address behind #, so that it can be passed on.
  const filters = one('filters');
  const entries = all('.entry').map((element) => ({ element, rows: all('.row', element), folds: all('details.more', element) }));
  const chosen = { status: new Set(), group: new Set(), text: '' };
  const lower = (element) => element.textContent.toLowerCase();

  // Words that stand outside of the rows speak for all of them.
  const sharedText = (entry) => {
    const copy = entry.element.cloneNode(true);
    all('.row, .cure', copy).forEach((row) => row.remove());
    return lower(copy);
  };

  const isChosen = (set, value) => set.size === 0 || set.has(value);

  const showRows = (entry, words) => {
    const matches = (text) => words.every((word) => text.includes(word));
    entry.shared ??= sharedText(entry);
    const whole = words.length === 0 || matches(entry.shared);
    let any = whole;
    for (const row of entry.rows) {
      const shown = whole || matches(entry.shared + ' ' + lower(row));
      row.hidden = !shown;
      any ||= shown;
    }
    for (const fold of entry.folds) {
      const found = !whole && all('.row', fold).some((row) => !row.hidden);
      if (found) fold.open = true;
    }
    return any;
  };

  const apply = () => {
    const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of entries) {
      const { status, group } = entry.element.dataset;
      const visible = isChosen(chosen.status, status) && isChosen(chosen.group, group) && showRows(entry, words);
      entry.element.hidden = !visible;
      if (visible) shown += 1;
    }
    for (const section of all('.group')) section.hidden = all('.entry', section).every((entry) => entry.hidden);
    root.dataset.shown = String(shown);
    if (!filters) return;
    const active = chosen.status.size + chosen.group.size + words.length > 0;
    for (const key of ['status', 'group']) {
      for (const toggle of all(`.toggle[data-${key}]`)) {
        toggle.setAttribute('aria-pressed', String(chosen[key].has(toggle.dataset[key])));
      }
    }
    if (one('search').value !== chosen.text) one('search').value = chosen.text;
    one('shown').textContent = active ? `${shown} of ${entries.length} shown` : `${entries.length} kinds of findings`;
    one('clear').hidden = !active;
    one('none').hidden = shown > 0;
  };

  const write = () => {
    const hash = new URLSearchParams();
    for (const key of ['status', 'group']) for (const value of chosen[key]) hash.append(key, value);
    if (chosen.text) hash.set('q', chosen.text);
    const text = hash.toString();
    history.replaceState(null, '', text ? '#' + text : location.pathname + location.search);
    apply();
  };

  const read = () => {
    const text = location.hash.slice(1);
    // The address of an entry: everything is shown if it would be hidden otherwise.
    if (text && !text.includes('=')) {
      const target = one(text);
      if (target && target.hidden) {
        chosen.status.clear();
        chosen.group.clear();
        chosen.text = '';
        apply();
        target.scrollIntoView();
      }
      return;
    }
    const hash = new URLSearchParams(text);
    chosen.status = new Set(hash.getAll('status'));
    chosen.group = new Set(hash.getAll('group'));
    chosen.text = hash.get('q') ?? '';
    apply();
  };

  if (filters) {
    filters.hidden = false;
    for (const key of ['status', 'group']) {
      for (const toggle of all(`.toggle[data-${key}]`)) {
        toggle.addEventListener('click', () => {
          const value = toggle.dataset[key];
          if (!chosen[key].delete(value)) chosen[key].add(value);
          write();
        });
      }
    }
    one('search').addEventListener('input', (event) => {
      chosen.text = event.target.value;
      write();
    });
    one('clear').addEventListener('click', () => {
      chosen.status.clear();
      chosen.group.clear();
      chosen.text = '';
      write();
      one('search').focus();
    });
    document.addEventListener('keydown', (event) => {
      const typing = event.target.matches('input, textarea');
      if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        one('search').focus();
      }
    });
  }
  apply();
  read();
  window.addEventListener('hashchange', read);

  // Colours: those of the system until somebody chooses.
  const theme = one('theme');
  const system = matchMedia('(prefers-color-scheme: dark)');
  const remembered = (value) => {
    try {
      if (value) localStorage.setItem('pgrefit-theme', value);
      return localStorage.getItem('pgrefit-theme');
    } catch {
      return null;
    }
  };
  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : system.matches);
  const paint = () => {
    theme.setAttribute('aria-pressed', String(isDark()));
    root.dataset.scheme = isDark() ? 'dark' : 'light';
  };
  const before = remembered();
  if (before === 'dark' || before === 'light') root.dataset.theme = before;
  theme.hidden = false;
  theme.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    remembered(root.dataset.theme);
    paint();
  });
  system.addEventListener('change', paint);
  paint();

  // Copying; where the clipboard is closed to pages, the text is selected instead.
  const copy = async (text, code) => {
    try {
      await navigator.clipboard.writeText(text);
      return 'Copied';
    } catch {
      getSelection().selectAllChildren(code);
      return document.execCommand('copy') ? 'Copied' : 'Selected';
    }
  };
  for (const pre of all('pre.sql')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    const price = pre.closest('.cure')?.querySelector('.price');
    if (price) {
      price.append(button);
    } else {
      const frame = document.createElement('div');
      frame.className = 'code';
      pre.replaceWith(frame);
      frame.append(pre, button);
    }
    button.addEventListener('click', async () => {
      button.textContent = await copy(pre.textContent, pre);
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
  }

  // Paper cannot be unfolded.
  let folded = [];
  window.addEventListener('beforeprint', () => {
    folded = all('details:not([open])');
    for (const details of folded) details.open = true;
  });
  window.addEventListener('afterprint', () => {
    for (const details of folded) details.open = false;
  });
})();
