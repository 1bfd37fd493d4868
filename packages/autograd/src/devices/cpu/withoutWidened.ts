/** In the widened build's place where a page is made: no page may switch on what an engine widens with, so none has to load it. */
export const bytes = "";
