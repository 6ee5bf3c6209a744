// Reads one JSON request a line, plays it to xterm.js, and writes what the
// terminal then shows and remembers, in the words of state_test.go.
//
// {"cols":80,"rows":24,"history":1000,"unicode":"11","steps":[{"write":"base64"},{"resize":[100,30]}]}
'use strict';
const { Terminal } = require('@xterm/headless');
const { Unicode11Addon } = require('@xterm/addon-unicode11');

const hex = (n) => n.toString(16);

function cell(core, line, x) {
  const c = line.loadCell(x, new (Object.getPrototypeOf(core._inputHandler._activeBuffer.getNullCell()).constructor)());
  const fg = c.fg, bg = c.bg;
  const kind = (v) => (v >>> 24) & 3;
  const flags = [];
  if (c.isBold()) flags.push('bold');
  if (c.isDim()) flags.push('dim');
  if (c.isItalic()) flags.push('italic');
  if (c.isBlink()) flags.push('blink');
  if (c.isInverse()) flags.push('inverse');
  if (c.isInvisible()) flags.push('invisible');
  if (c.isStrikethrough()) flags.push('strike');
  if (c.isOverline()) flags.push('overline');
  if (c.isProtected()) flags.push('protected');
  const ext = (bg & 0x10000000) ? c.extended : undefined;
  if (fg & 0x10000000) {
    const own = ext ? (ext._ext >> 26) & 7 : 1;
    if (own) flags.push('u' + own);
    if (ext && own && (ext._ext & 0x3000000)) flags.push('uc' + color(ext._ext));
  }
  let link = '';
  if (ext && ext._urlId) {
    const data = core._oscLinkService.getLinkData(ext._urlId);
    link = data ? data.uri : '?';
  }
  return {
    text: c.getChars(), width: line.getWidth(x),
    style: [kind(fg) ? 'f' + color(fg) : '', kind(bg) ? 'b' + color(bg) : '', flags.join(','), link ? '<' + link + '>' : ''].filter(Boolean).join(' '),
  };
}

const color = (v) => ((v >>> 24) & 3) + ':' + hex((v >>> 24 & 3) === 3 ? v & 0xffffff : v & 0xff);

function row(core, line, cols) {
  let out = line.isWrapped ? '+' : ' ';
  let style = '';
  const cells = [];
  for (let x = 0; x < cols; x++) cells.push(cell(core, line, x));
  while (cells.length && !cells[cells.length - 1].text && cells[cells.length - 1].width === 1 && !cells[cells.length - 1].style) cells.pop();
  for (const c of cells) {
    if (c.style !== style) { out += '{' + c.style + '}'; style = c.style; }
    out += c.text || '_';
    if (c.width !== 1) out += '\\' + c.width;
  }
  return out;
}

function charset(c) {
  if (!c) return 'B';
  return c['q'] === '\u2500' ? '0' : c['#'] === '\u00a3' && Object.keys(c).length === 1 ? 'A' : 'B';
}

function buffer(core, b, name, cols, rows) {
  const out = [];
  out.push(`${name} history=${b.ybase} region=${b.scrollTop},${b.scrollBottom + 1}`);
  const tabs = [];
  for (let x = 0; x < cols; x++) if (b.tabs[x]) tabs.push(x);
  out.push(`${name} tabs=${tabs.join(',')}`);
  const a = b.savedCurAttrData;
  out.push(`${name} saved=${Math.min(b.savedX, cols - 1)},${Math.min(Math.max(b.savedY - b.ybase, 0), rows - 1)} ${charset(b.savedCharset)}`);
  for (let y = 0; y < b.lines.length; y++) out.push(`${name} ${String(y - b.ybase).padStart(4)} ${row(core, b.lines.get(y), cols)}`);
  return out;
}

function state(term, core, title) {
  const cs = core.coreService, dm = cs.decPrivateModes, ih = core._inputHandler;
  const active = core.buffers.active, alt = active === core.buffers.alt;
  let out = buffer(core, core.buffers.normal, 'main', term.cols, term.rows);
  if (alt) out = out.concat(buffer(core, core.buffers.alt, 'alt', term.cols, term.rows));
  out.push(`cursor=${active.x},${active.y} hidden=${!!cs.isCursorHidden} style=${dm.cursorStyle || ''} blink=${dm.cursorStyle ? !!dm.cursorBlink : ''}`);
  const on = [];
  if (dm.applicationCursorKeys) on.push('cursorkeys');
  if (dm.applicationKeypad) on.push('keypad');
  if (dm.bracketedPasteMode) on.push('paste');
  if (dm.origin) on.push('origin');
  if (dm.reverseWraparound) on.push('reversewrap');
  if (dm.sendFocus) on.push('focus');
  if (dm.synchronizedOutput) on.push('sync');
  if (dm.wraparound) on.push('wrap');
  if (cs.modes.insertMode) on.push('insert');
  if (core.optionsService.rawOptions.convertEol) on.push('newline');
  out.push(`modes=${on.join(',')}`);
  out.push(`mouse=${core.coreMouseService.activeProtocol} ${core.coreMouseService.activeEncoding}`);
  const g = core._charsetService;
  out.push(`charset=${charset(g.charset)} level=${g.glevel} g=${[0, 1, 2, 3].map((i) => charset(g._charsets[i])).join('')}`);
  out.push(`joins=${ih._parser.precedingJoinState >> 1 & 3}`);
  const pen = ih._curAttrData.clone();
  const line = core.buffers.normal.getBlankLine(pen);
  out.push(`pen=${cell(core, line, 0).style}`);
  out.push(`title=${title}`);
  return out;
}

async function play(req) {
  const term = new Terminal({
    cols: req.cols, rows: req.rows, scrollback: req.history, allowProposedApi: true, logLevel: 'off',
    windowOptions: { pushTitle: true, popTitle: true },
  });
  if (req.unicode === '11') {
    term.loadAddon(new Unicode11Addon());
    term.unicode.activeVersion = '11';
  }
  let title = '', answers = '';
  term.onTitleChange((t) => { title = t; });
  term.onData((d) => { answers += d; });
  for (const step of req.steps) {
    if (step.resize) term.resize(step.resize[0], step.resize[1]);
    else await new Promise((done) => term.write(Buffer.from(step.write || '', 'base64'), done));
  }
  const out = { state: state(term, term._core, title), answers };
  term.dispose();
  return out;
}

// widths is the width of every character, as ranges of what is not 1.
function widths(version) {
  const term = new Terminal({ allowProposedApi: true });
  term.loadAddon(new Unicode11Addon());
  term.unicode.activeVersion = version;
  const ranges = [];
  for (let r = 0x20; r < 0x110000; r++) {
    const w = term._core.unicodeService.wcwidth(r);
    const last = ranges[ranges.length - 1];
    if (w === 1) continue;
    if (last && last[1] === r - 1 && last[2] === w) last[1] = r;
    else ranges.push([r, r, w]);
  }
  return { widths: ranges };
}

async function main() {
  const lines = require('readline').createInterface({ input: process.stdin, crlfDelay: Infinity });
  for await (const line of lines) {
    const req = JSON.parse(line);
    let out;
    try {
      out = req.widths ? widths(req.widths) : await play(req);
    } catch (e) {
      out = { error: String(e && e.stack || e) };
    }
    process.stdout.write(JSON.stringify(out) + '\n');
  }
}

main();
