// The contact sheet of the tab Batch: every picture before and after, of which only those in sight are in the page.
// The server says in the component's value how many pictures there are, a letter for the state of each, and how often each
// file with fifty of them was written; this script fetches the files that it needs. What a person does goes back as events
// of the component: select (look closely), delete (leave out, take back), submit (another strength).
(() => {
  const STATES = {d: 'Done', w: 'Not done', f: 'Failed', o: 'Left out'};
  const WIDEST = 420, CAPTION = 56, GAP = 10, SPARE = 1;  // CSS pixels; rows drawn above and below those in sight

  const make = window.reswdMake;
  const address = (path) => {
    const config = window.gradio_config ?? {};
    return `${window.reswdRoot()}${config.api_prefix ?? '/gradio_api'}/file=${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}`;
  };

  class Sheet {
    constructor(element, props, trigger) {
      this.props = props;
      this.trigger = trigger;
      this.value = null;
      this.pages = new Map();  // number of a file to {version, tiles}
      this.nodes = new Map();  // number of a picture to its part of the page
      this.filter = 'all';
      this.shown = [];  // numbers of the pictures that the filter lets through
      this.active = 0;  // place in `shown` that Tab leads to
      this.bar = make('div', {class: 'sheet-bar', role: 'group', 'aria-label': 'Pictures to show'});
      this.space = make('div', {class: 'sheet-space', role: 'list', 'aria-label': 'Contact sheet, before and after'});
      this.scroll = make('div', {class: 'sheet-scroll'}, this.space);
      this.root = make('div', {class: 'sheet', hidden: true}, this.bar, this.scroll);
      element.append(this.root);
      this.large = window.reswdLarge(this);
      this.scroll.addEventListener('scroll', () => this.soon());
      this.space.addEventListener('keydown', (event) => this.key(event));
      this.space.addEventListener('focusin', (event) => this.focused(event));
      new ResizeObserver(() => this.soon()).observe(this.scroll);
    }

    update(value) {
      const old = this.value;
      if (!value?.states || (old?.id === value.id && value.version < old.version)) return;
      if (old?.id !== value.id) this.forget();
      if (old?.id !== value.id || old?.run !== value.run) {
        this.filter = value.show === 'done' ? 'd' : 'all';
        this.active = 0;
        this.scroll.scrollTop = 0;
      }
      this.value = value;
      this.root.hidden = false;
      this.choose();
      this.large.update();
    }

    forget() {
      this.pages.clear();
      for (const node of this.nodes.values()) node.remove();
      this.nodes.clear();
      this.large.close();
    }

    // The filter, and which pictures it lets through.
    choose() {
      const {states} = this.value, counts = {all: states.length};
      for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
      const kinds = Object.entries({all: 'All', ...STATES}).filter(([kind]) => counts[kind] || kind === this.filter);
      const names = kinds.map(([kind, name]) => [kind, `${name} ${counts[kind] ?? 0}`]);
      const now = JSON.stringify([names, this.filter]);
      if (now !== this.barShows) {
        this.barShows = now;
        const focused = this.bar.contains(document.activeElement) && document.activeElement.dataset.kind;
        this.bar.replaceChildren(...names.map(([kind, name]) => {
          const button = make('button', {type: 'button', 'data-kind': kind, 'aria-pressed': `${kind === this.filter}`}, name);
          button.addEventListener('click', () => { this.filter = kind; this.active = 0; this.scroll.scrollTop = 0; this.choose(); });
          return button;
        }));
        if (focused) this.bar.querySelector(`[data-kind="${focused}"]`)?.focus();
      }
      const had = this.space.contains(document.activeElement);
      this.shown = [...states].flatMap((state, index) => this.filter === 'all' || state === this.filter ? [index] : []);
      this.active = Math.max(0, Math.min(this.active, this.shown.length - 1));
      this.draw();
      if (had && !this.space.contains(document.activeElement)) this.focus(this.active);  // it left those that are shown
    }

    soon() {
      this.asked ??= requestAnimationFrame(() => { this.asked = null; this.draw(); });
    }

    measure() {
      const width = this.scroll.clientWidth;
      const columns = Math.max(1, Math.ceil((width + GAP) / (WIDEST + GAP)));
      const wide = (width - (columns - 1) * GAP) / columns;
      return {columns, wide, high: Math.round(wide * 3 / 8) + CAPTION};
    }

    draw() {
      if (!this.value || !this.scroll.clientWidth) return;
      const {columns, wide, high} = this.measure(), step = high + GAP;
      const rows = Math.ceil(this.shown.length / columns);
      this.columns = columns;
      this.step = step;
      this.space.style.height = `${Math.max(0, rows * step - GAP)}px`;
      const first = Math.max(0, Math.floor(this.scroll.scrollTop / step) - SPARE) * columns;
      const end = (Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / step) + SPARE) * columns;
      const wanted = new Map();
      for (let place = first; place < Math.min(end, this.shown.length); place++) wanted.set(this.shown[place], place);
      const held = this.space.contains(document.activeElement) ? this.shown[this.active] : undefined;
      if (held !== undefined) wanted.set(held, this.active);  // what has the focus stays, wherever it is scrolled to
      for (const [index, node] of this.nodes) {
        if (wanted.has(index)) continue;
        for (const image of node.querySelectorAll('img')) image.removeAttribute('src');  // no longer worth loading
        node.remove();
        this.nodes.delete(index);
      }
      let next = this.space.firstElementChild;
      for (const [index, place] of [...wanted].sort((one, other) => one[1] - other[1])) {
        const node = this.nodes.get(index) ?? this.add(index);
        if (node === next) next = next.nextElementSibling;
        else this.space.insertBefore(node, next);  // in order, for those who hear the page
        const column = place % columns, row = Math.floor(place / columns);
        node.style.cssText = `width:${wide}px;height:${high}px;transform:translate(${column * (wide + GAP)}px,${row * step}px)`;
        node.setAttribute('aria-posinset', place + 1);
        node.setAttribute('aria-setsize', this.shown.length);
        node.dataset.place = place;
        for (const button of node.querySelectorAll('button')) button.tabIndex = place === this.active ? 0 : -1;
        this.fill(node, index);
      }
    }

    add(index) {
      const open = make('button', {type: 'button', class: 'open'});
      const drop = make('button', {type: 'button', class: 'drop'});
      const node = make('div', {class: 'tile', role: 'listitem'}, open,
        make('div', {class: 'caption'}, make('div', {class: 'said'}, make('b'), make('span')), drop));
      open.addEventListener('click', () => this.large.open(index));
      drop.addEventListener('click', () => this.leaveOut(index));
      this.nodes.set(index, node);
      return node;
    }

    // What a part of the page shows; nothing is touched that is as it should be.
    fill(node, index) {
      const tile = this.tile(index), state = this.value.states[index];
      const now = JSON.stringify([tile, state]);
      if (node.now === now) return;
      node.now = now;
      node.dataset.state = state;
      const [open, caption] = node.children, [said, drop] = caption.children;
      const name = tile?.name ?? `picture ${index + 1}`;
      said.firstChild.textContent = said.firstChild.title = name;
      said.lastChild.textContent = this.note(tile, state);
      const out = state === 'o';
      drop.textContent = out ? 'Take back' : 'Leave out';
      drop.setAttribute('aria-label', `${drop.textContent}: ${name}`);
      const half = (kind, file) => file
        ? make('img', {src: this.file(file), alt: `${kind}: ${name}`, decoding: 'async'})
        : make('span', {class: 'none'}, kind === 'before' ? '' : tile?.message || this.note(tile, state));
      if (tile?.before && tile.after) open.removeAttribute('aria-label');
      else open.setAttribute('aria-label', `${name}: ${this.note(tile, state)}`);
      open.replaceChildren(half('before', tile?.before), half('after', tile?.after));
    }

    note(tile, state) {
      if (!tile) return '…';
      const own = tile.strength === null ? '' : `strength ${tile.strength}`;
      const stands = tile.status === 'done' ? tile.note : tile.status === 'failed' ? 'failed' : 'not done yet';
      return [state === 'o' ? 'left out' : '', own, stands].filter(Boolean).join(' · ');
    }

    file(name) {
      return address(`${this.value.folder}/${name}`);
    }

    // What is known of a picture. What is not known, or not the latest, is fetched.
    tile(index) {
      const {page: size, pages, folder, id} = this.value, number = Math.floor(index / size), version = pages[number];
      const page = this.pages.get(number) ?? {version: 0, asked: 0, tiles: []};
      this.pages.set(number, page);
      if (version > page.asked) {
        page.asked = version;
        fetch(address(`${folder}/page-${number}.json`) + `?v=${version}`)
          .then((answer) => answer.ok ? answer.json() : Promise.reject(answer.status))
          .then((tiles) => {
            if (this.value.id !== id || version < page.version) return;
            Object.assign(page, {version, tiles});
            this.soon();
            this.large.update();
          })
          .catch(() => {});  // the next value asks again
      }
      return page.tiles[index % size];
    }

    focused(event) {
      const place = Number(event.target.closest('.tile')?.dataset.place);
      if (Number.isNaN(place) || place === this.active) return;
      this.active = place;
      this.soon();
    }

    key(event) {
      const steps = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns,
        Home: -Infinity, End: Infinity, PageUp: -3 * this.columns, PageDown: 3 * this.columns};
      const step = steps[event.key];
      if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.focus(Math.max(0, Math.min(this.shown.length - 1, this.active + step)));
    }

    // Bring a picture in sight, and the focus to it.
    focus(place) {
      if (!this.shown.length) return this.bar.querySelector('button')?.focus();
      this.active = place;
      const top = Math.floor(place / this.columns) * this.step, {scrollTop, clientHeight} = this.scroll;
      if (top < scrollTop) this.scroll.scrollTop = top;
      else if (top + this.step > scrollTop + clientHeight) this.scroll.scrollTop = top + this.step - clientHeight;
      this.draw();
      this.nodes.get(this.shown[place])?.firstChild.focus({preventScroll: true});
    }

    leaveOut(index) {
      this.trigger('delete', {index, out: this.value.states[index] !== 'o'});
    }
  }

  window.reswdSheet = (element, props, trigger, watch) => {
    const sheet = new Sheet(element, props, trigger);
    watch('value', () => sheet.update(props.value));
    watch('large', () => sheet.large.arrived(props.large));
    sheet.update(props.value);
  };
  window.reswdAddress = address;
})();
