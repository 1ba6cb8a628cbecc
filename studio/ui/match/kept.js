// What the browser itself keeps of a visit: the keys of its pages, and of every match a small picture and the settings file.
window.reswdKept = (() => {
  const MOST = 60, MOST_BYTES = 64e6, MOST_KEYS = 8, DAYS = 30;
  let opened = null;
  const open = () => (opened ??= new Promise((done) => {
    try {
      const asked = indexedDB.open('reswd-history', 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore('matches', {keyPath: 'id'});
      asked.onsuccess = () => done(asked.result);
      asked.onerror = asked.onblocked = () => done(null);
    } catch {
      done(null);  // a browser that keeps nothing: private windows of some
    }
  }));
  const ask = async (mode, act) => {
    const base = await open();
    if (!base) return undefined;
    return new Promise((done) => {
      const moving = base.transaction('matches', mode);
      const asked = act(moving.objectStore('matches'));
      moving.oncomplete = () => done(asked?.result);
      moving.onerror = moving.onabort = () => done(undefined);
    });
  };
  const all = async () => ((await ask('readonly', (store) => store.getAll())) ?? []).sort((a, b) => b.at - a.at);
  const remove = (id) => ask('readwrite', (store) => store.delete(id));
  const size = (match) => (match.picture?.size ?? 0) + match.settings.length * 2;
  const put = async (match) => {
    await ask('readwrite', (store) => store.put(match));
    let bytes = 0;
    for (const [at, one] of (await all()).entries()) {
      bytes += size(one);
      if (at >= MOST || (at && bytes > MOST_BYTES) || Date.now() - one.at > DAYS * 864e5) await remove(one.id);
    }
  };
  const read = (place, name, otherwise) => {
    try {
      return JSON.parse(place.getItem(name)) ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const write = (place, name, value) => {
    try {
      place.setItem(name, JSON.stringify(value));
    } catch {
      // a browser that keeps nothing
    }
  };
  return {
    all, put, remove,
    keys: () => ({own: read(sessionStorage, 'reswd-page', null), others: read(localStorage, 'reswd-pages', [])}),
    // used: whether there is something to come back for once this tab is closed.
    remember(key, used) {
      write(sessionStorage, 'reswd-page', key);
      const others = read(localStorage, 'reswd-pages', []);
      if (used && others[0] !== key)
        write(localStorage, 'reswd-pages', [key, ...others.filter((each) => each !== key)].slice(0, MOST_KEYS));
    },
    forget(keys) {
      const others = read(localStorage, 'reswd-pages', []);
      if (others.some((key) => keys.includes(key)))
        write(localStorage, 'reswd-pages', others.filter((key) => !keys.includes(key)));
    },
  };
})();
