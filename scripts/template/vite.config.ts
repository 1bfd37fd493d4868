// A page has threads only where it is cross-origin isolated: whoever serves it has to send these two headers.
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default { build: { target: "es2022" }, server: { headers }, preview: { headers } };
