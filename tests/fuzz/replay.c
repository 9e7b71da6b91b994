/* Runs a target over files: `replay [--cut|--whole] FILE|FOLDER...`. What
 * stands behind --cut is, if short, also cut at every byte. Each input is
 * copied to memory of just its size, so that a byte read too far is seen. */
#include <dirent.h>

#include "tests/fuzz/fuzz.h"

#define CUT_MAX 2048

static size_t runs;

static void one(const char *bytes, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);
    fuzz_true(exact != NULL);
    memcpy(exact, bytes, n);
    (void)LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    runs++;
}

static void file(const char *path, int cut)
{
    FILE *f = fopen(path, "rb");
    static char bytes[16u << 20];
    fuzz_true(f != NULL);
    size_t n = fread(bytes, 1, sizeof(bytes), f);
    (void)fclose(f);
    one(bytes, n);
    for (size_t i = 0; cut && n <= CUT_MAX && i < n; i++) {
        one(bytes, i);
    }
}

static void folder(const char *path, int cut)
{
    struct dirent **list = NULL;
    char name[1024];
    int n = scandir(path, &list, NULL, alphasort);
    if (n < 0) {
        file(path, cut);
    }
    for (int i = 0; i < n; i++) {
        if (list[i]->d_name[0] != '.') {
            (void)snprintf(name, sizeof(name), "%s/%s", path, list[i]->d_name);
            file(name, cut);
        }
        free(list[i]);
    }
    free(list);
}

int main(int argc, char **argv)
{
    int cut = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--cut") == 0 || strcmp(argv[i], "--whole") == 0) {
            cut = argv[i][2] == 'c';
        } else {
            folder(argv[i], cut);
        }
    }
    (void)printf("%zu inputs\n", runs);
    return runs > 0 ? 0 : 1;
}
