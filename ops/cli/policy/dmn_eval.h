/* lianou dmn eval: one decision of a model on inputs of a JSON file. */
#ifndef OPS_POLICY_DMN_EVAL_H
#define OPS_POLICY_DMN_EVAL_H

/* Prints the value; to standard error the faults of what the decision hangs
 * on, inputs that are not given, and given names that are no input. With one of
 * these it ends LIANOU_FAILED. input: NULL for none. */
int cli_dmn_evaluate(const char *model, const char *name, const char *input);

#endif
