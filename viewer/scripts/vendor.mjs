// Takes from npm what the pages serve themselves (nothing comes from a CDN) into the web/ui static folder:
// the used part of Bootstrap, htmx, Figtree, one sprite with the icons named in icons.txt; and bundles our own
// style sheets and scripts with them.
import { mkdir, readFile, rm, writeFile, copyFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as sass from "sass";

const viewer = join(dirname(fileURLToPath(import.meta.url)), "..");
const ui = join(viewer, "../src/placa/interfaces/web/ui");
const target = join(ui, "static/build/vendor");
const require = createRequire(join(viewer, "package.json"));

/** Folder of an installed npm package, wherever npm put it. */
function packageFolder(name) {
  for (const base of require.resolve.paths(name)) {
    try {
      return dirname(require.resolve(join(base, name, "package.json")));
    } catch {
      // not in this node_modules: the next one
    }
  }
  throw new Error(`${name} is not installed: run npm ci in viewer/`);
}

async function bootstrap() {
  const result = sass.compile(join(viewer, "styles/bootstrap.scss"), {
    loadPaths: [dirname(packageFolder("bootstrap"))],
    style: "compressed",
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
  });
  await writeFile(join(target, "bootstrap.css"), result.css);
}

/** One style sheet and one script for every page, of the files named in bundle.json, in that order. */
async function bundles() {
  const { styles, scripts } = JSON.parse(await readFile(join(ui, "bundle.json"), "utf8"));
  const ours = await Promise.all(styles.map((name) => readFile(join(ui, `static/ui/css/${name}.css`), "utf8")));
  const css = [await readFile(join(target, "bootstrap.css"), "utf8"), ...ours]
    .join("\n")
    .replaceAll("url(../../build/vendor/", "url(")
    .replaceAll("url(../img/", "url(../../ui/img/");
  const small = sass.compileString(css, { syntax: "css", style: "compressed" });
  await writeFile(join(target, "ui.css"), small.css);

  const modules = await Promise.all(
    scripts.map(async (name) => {
      const source = await readFile(join(ui, `static/ui/js/${name}.js`), "utf8");
      if (/^\s*(import|export)\b/m.test(source)) throw new Error(`${name}.js must stand alone: no import, no export`);
      return `{ // ${name}\n${source}}`; // a block keeps its names to itself
    }),
  );
  await writeFile(join(target, "ui.js"), modules.join("\n"));
}

async function icons() {
  const names = (await readFile(join(ui, "icons.txt"), "utf8")).split("\n").map((line) => line.trim());
  const wanted = [...new Set(names.filter((line) => line && !line.startsWith("#")))].sort();
  const folder = join(packageFolder("bootstrap-icons"), "icons");
  const symbols = await Promise.all(
    wanted.map(async (name) => {
      const svg = await readFile(join(folder, `${name}.svg`), "utf8").catch(() => {
        throw new Error(`icons.txt names "${name}", which bootstrap-icons does not have`);
      });
      const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
      return `<symbol id="${name}" viewBox="0 0 16 16" overflow="visible">${inner}</symbol>`;
    }),
  );
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg" fill="currentColor">\n${symbols.join("\n")}\n</svg>\n`;
  await writeFile(join(target, "icons.svg"), sprite);
}

async function copies() {
  const figtree = packageFolder("@fontsource-variable/figtree");
  await copyFile(join(packageFolder("htmx.org"), "dist/htmx.min.js"), join(target, "htmx.min.js"));
  await mkdir(join(target, "figtree"), { recursive: true });
  for (const script of ["latin", "latin-ext"]) {
    const file = `figtree-${script}-wght-normal.woff2`;
    await copyFile(join(figtree, "files", file), join(target, "figtree", file));
  }
}

async function licences() {
  const names = ["bootstrap", "bootstrap-icons", "htmx.org", "@fontsource-variable/figtree"];
  const texts = await Promise.all(
    names.map(async (name) => `==== ${name}\n\n${await readFile(join(packageFolder(name), "LICENSE"), "utf8")}`),
  );
  await writeFile(join(target, "LICENSES.txt"), texts.join("\n\n"));
}

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
await Promise.all([bootstrap(), icons(), copies(), licences()]);
await bundles();
