import {
  argumentTypes,
  type Backend,
  type Block,
  CLOSED,
  FULL,
  KERNEL_SETTINGS,
  type Program,
  returnType,
} from "../backend.ts";
import type { GpuJs, GpuJsFunction, GpuJsShortcut } from "../gpujs.ts";
import type { KernelSpec } from "../kernel.ts";
import type { GpuJsLibrary } from "../library.ts";

type Size = readonly [width: number, height: number];

/** gpu.js's names for a texture with one float a texel, and for one with four. */
const ONE = "ArrayTexture(1)";
const FOUR = "MemoryOptimizedNumberTexture";

/** A texture of floats, row by row, dressed as what gpu.js takes for an argument. */
class TextureBlock implements Block {
  readonly texture: WebGLTexture;
  readonly size: Size;
  readonly context: WebGL2RenderingContext;
  readonly length: number;
  readonly type: string;
  readonly output: readonly number[];
  readonly dimensions: readonly number[];

  constructor(
    texture: WebGLTexture,
    size: Size,
    context: WebGL2RenderingContext,
    length: number,
    type = ONE,
    output = [length],
    dimensions = [...output, 1, 1].slice(0, 3),
  ) {
    this.texture = texture;
    this.size = size;
    this.context = context;
    this.length = length;
    this.type = type;
    this.output = output;
    this.dimensions = dimensions;
  }
}

/** The state of a gpu.js WebGL kernel, as far as it is used here. */
interface WebGlState {
  /** Where the last run drew. gpu.js makes another when the output's size is set and there is none. */
  texture: { readonly texture: WebGLTexture } | null;
  texSize: ArrayLike<number>;
  readonly output: readonly number[];
  /** Called when `texSize` was chosen, before a texture of that size is made. */
  checkTextureSize(): void;
  updateMaxTexSize(): void;
}

/** gpu.js on WebGL2: fragment shaders that draw into float textures. */
class WebGl2Backend implements Backend {
  readonly gpu: GpuJs;
  readonly gl: WebGL2RenderingContext;
  readonly name = "webgl2";
  readonly adapter: string;
  readonly software = false;
  readonly maxLength: number;
  readonly blocks = { live: 0, pooled: 0 };
  onError: ((message: string) => void) | undefined;
  lost: string | undefined;
  readonly #framebuffer: WebGLFramebuffer;
  readonly #side: number;
  #readFormat: number | undefined;

  constructor(gpu: GpuJs, gl: WebGL2RenderingContext, canvas: EventTarget) {
    this.gpu = gpu;
    this.gl = gl;
    this.#side = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    this.maxLength = this.#side * this.#side;
    const names = gl.getExtension("WEBGL_debug_renderer_info");
    this.adapter = String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
    this.#framebuffer = gl.createFramebuffer();
    canvas.addEventListener("webglcontextlost", () => {
      this.lost ??= "the browser took the context away";
    });
  }

  compile(spec: KernelSpec): Program {
    const shortcut = this.gpu.createKernel<WebGlState>(spec.source, {
      ...KERNEL_SETTINGS,
      functions: [...spec.helpers],
      argumentTypes: argumentTypes(spec, ONE, { quads: FOUR }),
      returnType: returnType(spec),
      output: spec.axes === 1 ? [1] : [1, 1, 1],
      injectedNative: spec.helpers.map(prototypeOf).join("\n"),
    });
    this.#keepInside(shortcut.kernel);
    return {
      ready: true,
      prepare: async () => {},
      run: (output, args) => [this.#run(shortcut, output, args, spec.gives)],
    };
  }

  /**
   * A result of two axes gets from gpu.js a texture of just these sizes, which may be wider or higher than a texture can
   * be. Then it gets one that is about square, as every other result does.
   */
  #keepInside(kernel: WebGlState): void {
    const fit = () => {
      if (Math.max(kernel.texSize[0], kernel.texSize[1]) <= this.#side) return;
      const texels = kernel.output.reduce((product, n) => product * n, 1);
      const width = Math.ceil(Math.sqrt(texels));
      kernel.texSize = Int32Array.of(width, Math.ceil(texels / width));
    };
    const update = kernel.updateMaxTexSize;
    kernel.checkTextureSize = fit;
    kernel.updateMaxTexSize = () => {
      fit();
      update.call(kernel);
    };
  }

  #run(
    shortcut: GpuJsShortcut<WebGlState>,
    output: readonly number[],
    args: readonly (Block | number)[],
    gives: 1 | 4,
  ): Block {
    // This also sets the viewport, which all kernels share.
    shortcut.setOutput(output);
    shortcut(...args);
    const { texture, texSize } = shortcut.kernel;
    if (texture === null) throw new Error("gpu.js gave no result");
    shortcut.kernel.texture = null;
    const length = output.reduce((product, n) => product * n, gives);
    return this.#keep(texture.texture, [texSize[0], texSize[1]], length, gives === 4 ? FOUR : ONE);
  }

  /** WebGL notes errors until it is asked, and asking waits for the GPU, so it is done where that is waited for anyway. */
  #reportErrors(): void {
    const code = this.gl.getError();
    if (code === this.gl.OUT_OF_MEMORY) throw new Error(FULL);
    if (code === this.gl.CONTEXT_LOST_WEBGL) this.lost ??= "the browser took the context away";
    else if (code !== this.gl.NO_ERROR) throw new Error(`WebGL reports error ${code}`);
  }

  #keep(texture: WebGLTexture, size: Size, length: number, type = ONE): Block {
    this.blocks.live++;
    return new TextureBlock(texture, size, this.gl, length, type);
  }

  make(values: Float32Array): Block {
    const { gl } = this;
    const width = Math.min(this.#side, Math.ceil(Math.sqrt(values.length)));
    const height = Math.ceil(values.length / width);
    const texels = new Float32Array(width * height);
    texels.set(values);
    const texture = gl.createTexture();
    // The last unit, as gpu.js's own textures: kernels bind theirs from the first on.
    gl.activeTexture(gl.TEXTURE15);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.R32F, width, height);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RED, gl.FLOAT, texels);
    return this.#keep(texture, [width, height], values.length);
  }

  async read(block: Block, start: number, length: number): Promise<Float32Array> {
    const { gl } = this;
    const { texture, size } = block as TextureBlock;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const first = Math.floor(start / size[0]);
    const rows = Math.floor((start + length - 1) / size[0]) - first + 1;
    // Only four channels are sure to be readable; most drivers give the one there is. All textures are alike in this.
    this.#readFormat ??=
      gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_FORMAT) === gl.RED &&
      gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_TYPE) === gl.FLOAT
        ? gl.RED
        : gl.RGBA;
    const channels = this.#readFormat === gl.RED ? 1 : 4;
    const texels = new Float32Array(size[0] * rows * channels);
    gl.readPixels(0, first, size[0], rows, this.#readFormat, gl.FLOAT, texels);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    this.#reportErrors();
    const skip = start - first * size[0];
    return Float32Array.from({ length }, (_, i) => texels[(skip + i) * channels]);
  }

  shaped(block: Block, sizes: readonly number[]): Block {
    const { texture, size, length } = block as TextureBlock;
    return new TextureBlock(texture, size, this.gl, length, ONE, [...sizes]);
  }

  free(block: Block): void {
    this.gl.deleteTexture((block as TextureBlock).texture);
    this.blocks.live--;
  }

  async close(): Promise<void> {
    this.lost ??= CLOSED;
    await this.gpu.destroy();
    // Everything on it goes with the context.
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

const GLSL_TYPES: Readonly<Record<string, string>> = { Integer: "int", Float: "float" };

/**
 * Announces a helper to GLSL, where a function has to be known before it is called. gpu.js puts the helpers in the order
 * in which calls are met, which is not always the order in which they need each other.
 */
function prototypeOf({ source, settings }: GpuJsFunction): string {
  const name = source.slice("function ".length, source.indexOf("("));
  return `${GLSL_TYPES[settings.returnType]} ${name}(${settings.argumentTypes.map((type) => GLSL_TYPES[type]).join(", ")});`;
}

export async function openWebGl2(library: GpuJsLibrary): Promise<Backend> {
  if (typeof OffscreenCanvas === "undefined")
    throw new Error("there is no OffscreenCanvas here: WebGL needs a browser");
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext("webgl2", { alpha: false, depth: false, antialias: false });
  if (context === null) throw new Error("this browser offers no WebGL2 context");
  if (context.getExtension("EXT_color_buffer_float") === null) {
    throw new Error("this GPU cannot draw into float textures (EXT_color_buffer_float)");
  }
  // gpu.js resizes its canvas for each kernel, which would make a new drawing buffer each time; nothing is drawn there,
  // so it gets an object that only looks like a canvas.
  const gpu = new library.GPU({ context, canvas: { width: 1, height: 1 } });
  return new WebGl2Backend(gpu, context, canvas);
}
