import { describeFused, trainings } from "./fused.ts";

describeFused([trainings.characters, trainings.classifierDropout]);
