
// The page of something that goes on: what moves is fetched again and put in place, with the focus left where it is.
(() => {
  'use strict';
  const root = document.documentElement;
  const one = (id) => document.getElementById(id);
  const live = one('live');
  const every = Number(live.dataset.refresh) * 1000;
  const focusable = (within) => [...within.querySelectorAll('a[href], button, input, summary, [tabindex]')];
  const kept = (within, selector) => [...within.querySelectorAll(selector)];
  let isPaused = false;
  let count = 0;

  const replace = (id, fresh) => {
    const [old, next] = [one(id), fresh.getElementById(id)];
    if (!old || !next || old.innerHTML === next.innerHTML) return;
    const focus = focusable(old).indexOf(document.activeElement);
    const scrolled = kept(old, '.scroll').map((it) => it.scrollLeft);
    const open = kept(old, 'details').map((it) => it.open);
    old.replaceChildren(...next.childNodes);
    kept(old, '.scroll').forEach((it, at) => { it.scrollLeft = scrolled[at] ?? 0; });
    kept(old, 'details').forEach((it, at) => { it.open = open[at] ?? it.open; });
    if (focus >= 0) focusable(old)[focus]?.focus({ preventScroll: true });
  };

  // Findings are not moved under somebody who reads them.
  const isRead = () => document.activeElement !== document.body || location.hash !== '' || !getSelection().isCollapsed;

  const renew = (fresh) => {
    const [old, next] = [one('findings').dataset.edition, fresh.getElementById('findings')?.dataset.edition];
    if (next === undefined || old === next) return;
    if (!isRead()) location.reload();
    one('renew').hidden = false;
  };

  const say = (text) => {
    if (one('live-note').textContent !== text) one('live-note').textContent = text;
  };

  const refresh = async () => {
    try {
      const limit = AbortSignal.timeout(Math.max(every, 5000));
      const answer = await fetch(location.pathname, { cache: 'no-store', redirect: 'error', signal: limit });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (!fresh.getElementById('live')) throw new Error('another page');
      for (const id of ['live-head', 'live-links', 'live-values']) replace(id, fresh);
      document.title = fresh.title;
      renew(fresh);
      say('');
      delete root.dataset.stale;
    } catch {
      if (!root.dataset.stale) root.dataset.stale = new Date().toLocaleTimeString();
      say(`No answer since ${root.dataset.stale}: what is shown is older.`);
    }
    count += 1;
    root.dataset.refreshed = String(count);
  };

  const pause = one('pause');
  pause.hidden = false;
  pause.addEventListener('click', () => {
    isPaused = !isPaused;
    pause.setAttribute('aria-pressed', String(isPaused));
  });
  one('renew').addEventListener('click', () => location.reload());
  const again = async () => {
    if (!isPaused && !document.hidden) await refresh();
    setTimeout(again, every);
  };
  setTimeout(again, every);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && !isPaused) refresh();
  });
})();
