import { describeFused, trainings } from "./fused.ts";

describeFused([trainings.charactersDropout, trainings.classifier]);
