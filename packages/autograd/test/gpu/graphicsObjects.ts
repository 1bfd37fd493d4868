/**
 * What a page has taken from its graphics driver, counted at the driver's own calls: the device's figures can be held
 * against that. Counts from when it is imported.
 */
export interface GraphicsObjects {
  /** Buffers and textures that have not been given back. */
  readonly memory: number;
  /** Shaders compiled so far. */
  readonly shaders: number;
}

let shaders = 0;
const memory = new Set<object>();

/** Has `seen` told about each call of a method, with what it was called on and with, and what it gave. */
function watch(
  of: { prototype: object } | undefined,
  method: string,
  seen: (result: unknown, self: object, args: unknown[]) => void,
): void {
  const prototype = of?.prototype as Record<string, (...args: unknown[]) => unknown> | undefined;
  const own = prototype?.[method];
  if (prototype === undefined || own === undefined) return;
  prototype[method] = function (this: object, ...args: unknown[]) {
    const result = own.apply(this, args);
    seen(result, this, args);
    return result;
  };
}

const here = globalThis as unknown as { [name: string]: { prototype: object } | undefined };
watch(here.GPUDevice, "createBuffer", (buffer) => memory.add(buffer as object));
watch(here.GPUBuffer, "destroy", (_, buffer) => memory.delete(buffer));
watch(here.GPUDevice, "createShaderModule", () => shaders++);
watch(here.WebGL2RenderingContext, "createTexture", (texture) => memory.add(texture as object));
watch(here.WebGL2RenderingContext, "deleteTexture", (_, __, [texture]) => memory.delete(texture as object));
watch(here.WebGL2RenderingContext, "compileShader", () => shaders++);

export function graphicsObjects(): GraphicsObjects {
  return { memory: memory.size, shaders };
}
