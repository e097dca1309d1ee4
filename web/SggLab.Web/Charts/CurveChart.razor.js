import uPlot from '../lib/uplot/uPlot.esm.js';

// A chart an id: created at its first draw, updated in place after, destroyed with its component, whose element may be gone by then.
const charts = new Map();
const dashes = [[], [6, 4], [2, 3], [9, 3, 2, 3]];

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const number = (value) => {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(2).replace('-', '−');
  return String(+value.toPrecision(4)).replace('-', '−');
};
const shape = (model) => model.lines.map((line) => `${line.label}|${line.colour}|${line.dash}|${line.faint}`).join('\n');
const columns = (model) => [model.x, ...model.lines.map((line) => line.values)];

const options = (state) => {
  const { element, model, settings } = state;
  const ink = css('--lab-muted');
  const grid = { stroke: css('--lab-line'), width: 1 };
  const tick = { show: false };
  return {
    width: element.clientWidth || 300,
    height: settings.height,
    padding: [8, 14, 0, 0],
    legend: { show: false },
    cursor: { sync: settings.together ? { key: settings.together } : undefined, points: { size: 6 }, y: false },
    scales: { x: { time: false }, y: { range: (u, min, max) => padded(min, max) } },
    axes: [
      { stroke: ink, grid: { show: false }, ticks: tick, font: '11px Inter, sans-serif', size: 24, space: 60, label: 'step', labelSize: 16, labelFont: '11px Inter, sans-serif', labelGap: -2 },
      { stroke: ink, grid, ticks: tick, font: '11px Inter, sans-serif', size: 48, space: 34, values: (u, splits) => splits.map(number) },
    ],
    series: [
      {},
      ...model.lines.map((line) => ({
        label: line.label,
        stroke: css(line.colour),
        alpha: line.faint ? 0.25 : 1,
        width: line.faint ? 1 : 1.8,
        dash: line.faint ? [] : dashes[line.dash % dashes.length],
        spanGaps: true,
        points: { show: model.x.length < 3 },
      })),
    ],
    hooks: { setCursor: [(u) => tell(u, state)] },
  };
};

const padded = (min, max) => {
  if (min === null || max === null) return [0, 1];
  if (min === 0 && max === 0) return [0, 1];
  const room = (max - min || Math.abs(max) || 1) * 0.08;
  // What is never negative is not drawn below zero.
  return [min >= 0 ? Math.max(0, min - room) : min - room, max + room];
};

// The reading under the cursor: step, and each strong line's value with its colour.
const tell = (u, state) => {
  const { idx, left } = u.cursor;
  if (idx === null || idx === undefined || left < 0) {
    state.tip.hidden = true;
    return;
  }
  const rows = u.series.slice(1).map((series, i) => ({ series, line: state.model.lines[i], value: u.data[i + 1][idx] }))
    .filter((row) => row.line && !row.line.faint && row.value !== null && row.value !== undefined)
    .sort((a, b) => b.value - a.value).slice(0, 12);
  state.tip.replaceChildren(text('div', `step ${u.data[0][idx]}`, 'lab-tip-step'), ...rows.map((row) => {
    const item = text('div', '', 'lab-tip-row');
    const mark = text('i', '', '');
    mark.style.background = css(row.line.colour);
    item.append(mark, text('span', row.line.label, ''), text('b', number(row.value), ''));
    return item;
  }));
  state.tip.hidden = rows.length === 0;
  const right = left > u.bbox.width / devicePixelRatio / 2;
  state.tip.style.left = right ? '' : `${left + 60}px`;
  state.tip.style.right = right ? `${state.element.clientWidth - left - 36}px` : '';
};

const text = (tag, content, name) => {
  const node = document.createElement(tag);
  node.textContent = content;
  if (name) node.className = name;
  return node;
};

const create = (id, element, model, settings) => {
  const tip = text('div', '', 'lab-tip');
  tip.hidden = true;
  const state = { element, model, settings, tip, plot: null, shape: shape(model) };
  state.build = () => {
    state.plot?.destroy();
    state.plot = new uPlot(options(state), columns(state.model), element);
    element.append(tip);
  };
  state.resize = new ResizeObserver(() => {
    if (element.clientWidth > 0) state.plot.setSize({ width: element.clientWidth, height: state.settings.height });
  });
  charts.set(id, state);
  state.build();
  state.resize.observe(element);
  document.addEventListener('lab-theme', state.build);
};

const update = (state, model, settings) => {
  const { plot } = state;
  const whole = plot.data[0];
  const zoomed = whole.length > 1 && (plot.scales.x.min > whole[0] || plot.scales.x.max < whole[whole.length - 1]);
  const same = state.shape === shape(model);
  Object.assign(state, { model, settings, shape: shape(model) });
  if (!same) state.build();
  else plot.setData(columns(model), !zoomed);
  if (same && zoomed) plot.redraw();
};

export const draw = (id, element, model, settings) => {
  const state = charts.get(id);
  if (state) update(state, model, settings);
  else if (element?.isConnected) create(id, element, model, settings);
};

export const destroy = (id) => {
  const state = charts.get(id);
  if (!state) return;
  document.removeEventListener('lab-theme', state.build);
  state.resize.disconnect();
  state.plot.destroy();
  charts.delete(id);
};
