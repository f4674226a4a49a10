// A page and a DICOMweb door to develop and test the viewer against a real server, without the portal:
//   node dev/server.mjs --dicomweb http://127.0.0.1:8042/dicom-web --port 5173
// Open /?study=<uid>&look=simple|full&lang=es|en|it|pt (without a study: a list). Serves what `npm run build` made, under
// the Content-Security-Policy that the portal sends.
import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    dicomweb: { type: 'string', default: 'http://127.0.0.1:8042/dicom-web' },
    port: { type: 'string', default: '5173' },
    // Milliseconds added to every DICOMweb answer, to look at states that a fast machine hides.
    delay: { type: 'string', default: '0' },
  },
});
const BUILD = new URL('../../src/placa/interfaces/web/ui/static/build/viewer/', import.meta.url);
const TYPES = { js: 'text/javascript', css: 'text/css', wasm: 'application/wasm', woff2: 'font/woff2', json: 'application/json' };
const DOCUMENTS = { '1.2.840.10008.5.1.4.1.1.104.1': 'pdf', '1.2.840.10008.5.1.4.1.1.77.1.4.1': 'video' };

const value = (set, tag, otherwise = '') => {
  const first = set[tag]?.Value?.[0];
  return first?.Alphabetic ?? first ?? otherwise;
};

async function qido(path) {
  const response = await fetch(`${options.dicomweb}${path}`, { headers: { Accept: 'application/dicom+json' } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

function kindOf(modality, sopClass) {
  if (DOCUMENTS[sopClass]) return DOCUMENTS[sopClass];
  if (['SR', 'KO'].includes(modality)) return 'sr';
  if (modality === 'PR') return 'presentation';
  if (modality === 'ECG') return 'ecg';
  return ['SEG', 'RTSTRUCT', 'RTPLAN', 'RTDOSE', 'ANN'].includes(modality) ? 'other' : 'image';
}

async function seriesOf(study) {
  const found = await qido(`/studies/${study}/series?includefield=0008103E`);
  const series = await Promise.all(found.map(async (one) => {
    const uid = value(one, '0020000E');
    const sets = await qido(`/studies/${study}/series/${uid}/instances?includefield=00280008,00280010,00280011,00080016`);
    const instances = sets.map((set) => ({
      uid: value(set, '00080018'), number: Number(value(set, '00200013', 0)), frames: Number(value(set, '00280008', 1)),
      rows: Number(value(set, '00280010', 0)), columns: Number(value(set, '00280011', 0)), transfer_syntax: '',
    })).sort((a, b) => a.number - b.number);
    return {
      uid, number: Number(value(one, '00200011', 0)), description: String(value(one, '0008103E')), modality: value(one, '00080060'),
      kind: kindOf(value(one, '00080060'), value(sets[0] ?? {}, '00080016')),
      count: instances.reduce((sum, { frames }) => sum + frames, 0),
      thumbnail_url: `/dicomweb/studies/${study}/series/${uid}/instances/${instances[instances.length >> 1]?.uid}/rendered?viewport=160,160&quality=70`,
      instances,
    };
  }));
  return series.sort((a, b) => a.number - b.number);
}

async function studyInfo(study, set) {
  const info = {
    uid: study, description: String(value(set, '00081030', 'Estudio')) || 'Estudio', date: String(value(set, '00080020')),
    date_text: new Date(String(value(set, '00080020')).replace(/(....)(..)(..)/, '$1-$2-$3T12:00')).toLocaleDateString('es', { day: 'numeric', month: 'short', year: 'numeric' }),
    accession_number: String(value(set, '00080050')), modalities: set['00080061']?.Value ?? [], may_download: true,
  };
  return { ...info, dated: info.date_text };
}

const studySet = async (study) => (await qido(`/studies?StudyInstanceUID=${study}&includefield=00081030`))[0];

/** Older studies of the same patient, as the portal lists those that a person may see. */
async function priorsOf(set) {
  const all = await qido(`/studies?PatientID=${value(set, '00100020')}&includefield=00081030`);
  const older = all.filter((one) => String(value(one, '00080020')) < String(value(set, '00080020')));
  return Promise.all(older.map(async (one) => {
    const { uid, description, date_text, modalities } = await studyInfo(value(one, '0020000D'), one);
    return { uid, description, date_text, modalities, url: `/described?study=${uid}` };
  }));
}

const REPORT = [
  ['Conclusión', 'Estudio de prueba sin hallazgos agudos.'],
  ['Hallazgos', 'Hígado de tamaño y densidad normales, sin lesiones focales. Vesícula sin cálculos. Páncreas, bazo y suprarrenales sin alteraciones.'],
  ['Técnica', 'Cortes axiales con contraste.'],
];

async function contextOf(study, query) {
  const set = await studySet(study);
  const series = query.get('empty') ? [] : await seriesOf(study);
  return {
    language: query.get('lang') ?? 'es', look: query.get('look') ?? 'simple', dicomweb: '/dicomweb',
    study: { ...(await studyInfo(study, set)), may_download: query.get('download') !== 'no' }, priors: query.get('look') === 'full' ? await priorsOf(set) : [],
    patient: { name: 'Ana Morales Peralta', birth_date: '08/05/1985', age_text: '41 a', sex: 'F', patient_id: String(value(set, '00100020')) },
    institution: 'Clínica Alborada', back_url: '/',
    report: query.get('report') === 'none' ? null : {
      status: 'final', status_text: 'Firmado', signed_text: '16 nov, 18:40', sections: query.get('report') === 'pdf' ? [] : REPORT, pdf_url: '/report.pdf',
    },
    report_reason: 'El informe está pendiente de firma.', alive_url: '/alive', series,
  };
}

function page(context, nonce) {
  const entry = JSON.parse(readFileSync(new URL('manifest.json', BUILD), 'utf8'))['src/app/main.ts'];
  const images = context.series.filter(({ kind }) => kind === 'image');
  const first = images.find(({ count, modality }) => count > 3 || modality !== 'CT') ?? images[0];
  const instance = first?.instances[Math.floor((first.instances.length - 1) / 2)];
  const picture = instance
    ? `<img id="first-image" alt="" src="/dicomweb/studies/${context.study.uid}/series/${first.uid}/instances/${instance.uid}/frames/1/rendered?viewport=768,768&amp;quality=80">` : '';
  const json = JSON.stringify(context).replace(/</g, '\\u003c');
  return `<!doctype html><html lang="${context.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>${context.study.description} · ${context.institution}</title><link rel="icon" href="data:,">
${(entry.css ?? []).map((css) => `<link rel="stylesheet" href="/static/${css}">`).join('')}
<script type="application/json" id="viewer-context">${json}</script><script type="module" nonce="${nonce}" src="/static/${entry.file}"></script>
</head><body>${picture}<div id="viewer"></div></body></html>`;
}

const policy = (nonce) => [
  "default-src 'none'", `script-src 'self' 'wasm-unsafe-eval' 'nonce-${nonce}'`, "style-src 'self'", "img-src 'self' data: blob:",
  "connect-src 'self'", "worker-src 'self' blob:", "font-src 'self'", "frame-src 'self'", "media-src 'self'", "base-uri 'none'", "form-action 'self'",
].join('; ');

function proxy(incoming, outgoing, path) {
  const target = new URL(options.dicomweb + path);
  const headers = { ...incoming.headers, host: target.host };
  // Orthanc wants one media type here, not a browser's list.
  if (target.pathname.endsWith('/rendered')) headers.accept = 'image/jpeg';
  const upstream = httpRequest(target, { method: incoming.method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  upstream.on('error', () => outgoing.writeHead(502).end());
  setTimeout(() => incoming.pipe(upstream), Number(options.delay));
}

function send(outgoing, body, type, headers = {}) {
  outgoing.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers }).end(body);
}

function samplePdf() {
  const content = 'BT /F1 24 Tf 72 720 Td (Informe de prueba) Tj ET';
  return `%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n4 0 obj<</Length ${content.length}>>stream\n${content}\nendstream endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF`;
}

async function answer(incoming, outgoing) {
  const url = new URL(incoming.url, 'http://dev');
  if (url.pathname.startsWith('/dicomweb/')) return proxy(incoming, outgoing, url.pathname.slice('/dicomweb'.length) + url.search);
  if (url.pathname === '/described') {
    const study = url.searchParams.get('study');
    const described = { study: await studyInfo(study, await studySet(study)), series: await seriesOf(study) };
    return send(outgoing, JSON.stringify(described), 'application/json');
  }
  if (url.pathname === '/alive') return outgoing.writeHead(204).end();
  if (url.pathname === '/report.pdf') return send(outgoing, samplePdf(), 'application/pdf');
  if (url.pathname.startsWith('/static/')) {
    const file = new URL(url.pathname.slice('/static/'.length), BUILD);
    if (!file.href.startsWith(BUILD.href) || !existsSync(file)) return outgoing.writeHead(404).end();
    outgoing.writeHead(200, { 'Content-Type': TYPES[file.pathname.split('.').pop()] ?? 'application/octet-stream' });
    return createReadStream(file).pipe(outgoing);
  }
  if (url.pathname !== '/') return outgoing.writeHead(404).end();
  const study = url.searchParams.get('study');
  if (!study) {
    const rows = (await qido('/studies')).map((set) => `<li><a href="/?study=${value(set, '0020000D')}">${value(set, '00100010')} ${value(set, '0020000D')}</a>`);
    return send(outgoing, `<!doctype html><meta charset="utf-8"><ul>${rows.join('')}</ul>`, 'text/html');
  }
  const nonce = randomBytes(16).toString('base64');
  return send(outgoing, page(await contextOf(study, url.searchParams), nonce), 'text/html; charset=utf-8', { 'Content-Security-Policy': policy(nonce) });
}

createServer((incoming, outgoing) => {
  answer(incoming, outgoing).catch((error) => {
    console.error(error);
    if (!outgoing.headersSent) outgoing.writeHead(500);
    outgoing.end();
  });
}).listen(Number(options.port), '127.0.0.1', () => console.log(`http://127.0.0.1:${options.port}/`));
