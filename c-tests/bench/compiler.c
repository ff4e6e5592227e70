/* A compiler: for each unit it reads tokens, builds a syntax tree of small nodes, a table of names and, tree
 * by tree, instructions that are replaced by better ones; each phase adds its own kind of node. What belongs
 * to a unit is freed at its end, a few names and types stay for the whole run. */
#include "bench.h"

enum { UNITS = 130, FUNCTIONS = 120, DEPTH = 9, NAMES = 4096, MOST_CHILDREN = 4 };

struct node {
    size_t stamp;
    struct node *children[MOST_CHILDREN];
    char *name;
    int count;
};

struct instruction {
    size_t stamp;
    struct instruction *next;
    uint64_t operands[];
};

struct compiler {
    uint64_t random;
    char *names[NAMES];
    struct link *types;
};

static char *intern(struct compiler *compiler) {
    char **slot = &compiler->names[below(&compiler->random, NAMES)];
    if (*slot == NULL)
        *slot = take(between(&compiler->random, 8, 40));
    return *slot;
}

/* Nodes have the room that their kind needs: 64 bytes and up to 80 more. */
static struct node *parse(struct compiler *compiler, int depth) {
    struct node *node = take(sizeof *node + 8 * between(&compiler->random, 1, 11));
    node->count = depth == 0 ? 0 : (int)between(&compiler->random, 1, MOST_CHILDREN - 1);
    node->name = depth == 0 ? intern(compiler) : NULL;
    for (int i = 0; i < node->count; i++)
        node->children[i] = parse(compiler, depth - 1);
    return node;
}

static size_t generate(const struct node *node, struct instruction **code, uint64_t *random) {
    size_t made = 1;
    for (int i = 0; i < node->count; i++)
        made += generate(node->children[i], code, random);
    size_t operands = between(random, 1, 6);
    struct instruction *instruction = take(sizeof *instruction + 8 * operands + 8);
    instruction->operands[0] = made;
    instruction->next = *code;
    *code = instruction;
    return made;
}

/* Two of five instructions go, one of them gives way to a new one. */
static void improve(struct instruction **code, uint64_t *random) {
    while (*code != NULL) {
        size_t dice = below(random, 5);
        if (dice < 2) {
            struct instruction *old = *code, *rest = old->next;
            if (dice == 0) {
                struct instruction *better = take(sizeof *better + 8 * between(random, 2, 4));
                better->operands[0] = old->operands[0];
                better->next = rest;
                *code = better;
                code = &better->next;
            } else
                *code = rest;
            drop(old);
        } else
            code = &(*code)->next;
    }
}

static void drop_tree(struct node *node) {
    for (int i = 0; i < node->count; i++)
        drop_tree(node->children[i]);
    drop(node);
}

static void compile_unit(struct compiler *compiler) {
    struct link *tokens = NULL;
    struct node *trees[FUNCTIONS];
    struct instruction *code[FUNCTIONS] = {NULL};
    char *source = take(between(&compiler->random, 50, 400) * KB);
    for (int function = 0; function < FUNCTIONS; function++) {
        for (int token = 0; token < 400; token++)
            chain_push(&tokens, take(between(&compiler->random, 24, 56)));
        trees[function] = parse(compiler, DEPTH - (int)below(&compiler->random, 4));
        if (function % 8 == 0)
            chain_push(&compiler->types, take(between(&compiler->random, 48, 300)));
    }
    chain_drop(&tokens);
    drop(source);
    for (int function = 0; function < FUNCTIONS; function++)
        generate(trees[function], &code[function], &compiler->random);
    for (int pass = 0; pass < 3; pass++)
        for (int function = 0; function < FUNCTIONS; function++)
            improve(&code[function], &compiler->random);
    for (int function = 0; function < FUNCTIONS; function++) {
        drop_tree(trees[function]);
        chain_drop((struct link **)&code[function]);
    }
}

static void compile(int index) {
    struct compiler *compiler = zeroed(1, sizeof *compiler);
    compiler->random = seed((uint64_t)index);
    for (size_t unit = 0, end = share(UNITS); unit < end; unit++)
        compile_unit(compiler);
    for (int i = 0; i < NAMES; i++)
        drop(compiler->names[i]);
    chain_drop(&compiler->types);
    free(compiler);
}

int main(int argc, char **argv) {
    read_arguments(argc, argv, NULL);
    run_crew(threads, compile);
    return 0;
}
