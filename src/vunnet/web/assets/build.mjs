// Compiles what a browser gets: CSS, vendored libraries, icons, licences; each with .gz and .br beside it.
// Input: this folder, the pages' templates and Python, node_modules. Output: ../static/dist (never edited, never in git).
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { minify } from "terser";

const ASSETS = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(ASSETS, "../../../..");
const MODULES = join(ROOT, "node_modules");
const FINISHED = join(ASSETS, "../static/dist");
const DRAFT = `${FINISHED}.new`;

const LIBRARIES = {
  "htmx.js": "htmx.org/dist/htmx.min.js",
  "sortable.js": "sortablejs/Sortable.min.js",
};
// The board shows itself with these; Sortable follows once it stands there.
const FIRST_LOAD = ["app.css", "htmx.js", "dialogs.js", "vunnet.js", "records.js", "palette.js", "device.js", "drafts.js", "board.js", "icons.svg"];
const LICENSED = ["daisyui", "htmx.org", "lucide-static", "sortablejs", "tailwindcss"];

function compileCss() {
  // What the compiler prints is shown only if it fails: Node puts it into the error.
  const compiler = join(MODULES, "@tailwindcss/cli/dist/index.mjs");
  const options = ["-i", join(ASSETS, "app.css"), "-o", join(DRAFT, "app.css"), "--minify"];
  execFileSync(process.execPath, [compiler, ...options], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
}

async function copyScripts() {
  for (const [name, source] of Object.entries(LIBRARIES)) cpSync(join(MODULES, source), join(DRAFT, name));
  for (const name of readdirSync(ASSETS)) {
    if (/\.(svg|png)$/.test(name)) cpSync(join(ASSETS, name), join(DRAFT, name));
    if (name.endsWith(".js")) writeFileSync(join(DRAFT, name), await minified(name));
  }
}

async function minified(name) {
  const { code } = await minify({ [name]: readFileSync(join(ASSETS, name), "utf8") }, { ecma: 2020 });
  return `${code}\n`;
}

function drawIcons() {
  const names = readFileSync(join(ASSETS, "icons.txt"), "utf8").split("\n").map((line) => line.trim());
  const symbols = names.filter((name) => name && !name.startsWith("#")).map(symbol);
  writeFileSync(join(DRAFT, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`);
}

function symbol(name) {
  const file = join(MODULES, "lucide-static/icons", `${name}.svg`);
  if (!existsSync(file)) throw new Error(`src/vunnet/web/assets/icons.txt: Lucide has no icon "${name}"`);
  const drawing = readFileSync(file, "utf8").match(/<svg[^>]*>(.*)<\/svg>/s)[1].replace(/\s+/g, " ").trim();
  return `<symbol id="i-${name}" viewBox="0 0 24 24">${drawing}</symbol>`;
}

function gatherLicences() {
  const parts = LICENSED.map((name) => {
    const about = JSON.parse(readFileSync(join(MODULES, name, "package.json"), "utf8"));
    const file = readdirSync(join(MODULES, name)).find((entry) => /^licen[cs]e/i.test(entry));
    const author = about.author?.name ?? about.author ?? "its authors";
    const text = file ? readFileSync(join(MODULES, name, file), "utf8") : `Copyright ${author}. Licence: ${about.license}.`;
    return `${name} ${about.version}\n${"=".repeat(40)}\n${text.trim()}\n`;
  });
  writeFileSync(join(DRAFT, "LICENCES.txt"), parts.join("\n\n"));
}

function compress() {
  const versions = {};
  for (const name of readdirSync(DRAFT).sort()) {
    const bytes = readFileSync(join(DRAFT, name));
    versions[name] = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    writeFileSync(join(DRAFT, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    writeFileSync(join(DRAFT, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
  // A page adds ?v=… from here, so that a browser may keep a file for ever and still sees the next release.
  writeFileSync(join(DRAFT, "versions.json"), `${JSON.stringify(versions, null, 2)}\n`);
}

function sayFirstLoad() {
  const bytes = FIRST_LOAD.map((name) => readFileSync(join(DRAFT, `${name}.gz`)).length);
  const total = bytes.reduce((sum, size) => sum + size, 0);
  const parts = FIRST_LOAD.map((name, at) => `${name} ${(bytes[at] / 1000).toFixed(1)}`).join(", ");
  console.log(`  first load ${(total / 1000).toFixed(1)} kB compressed (${parts})`);
}

rmSync(DRAFT, { recursive: true, force: true });
mkdirSync(DRAFT, { recursive: true });
compileCss();
await copyScripts();
drawIcons();
gatherLicences();
compress();
sayFirstLoad();
// Swapped at the end: a server that is running never finds half a folder.
rmSync(FINISHED, { recursive: true, force: true });
renameSync(DRAFT, FINISHED);
