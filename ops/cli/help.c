#include "ops/cli/help.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* '-' is a minus sign and '\' and a leading '.' or ''' are requests to troff.
 */
static void put_man(FILE *to, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '-' || *p == '\\') {
            (void)fputs(*p == '-' ? "\\-" : "\\e", to);
        } else if ((*p == '.' || *p == '\'') && (p == text || p[-1] == '\n')) {
            (void)fprintf(to, "\\&%c", *p);
        } else {
            (void)fputc(*p, to);
        }
    }
}

void cli_help_man(FILE *to, const struct lianou_command *const *table, size_t n)
{
    (void)fputs(".SH COMMANDS\n", to);
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(to, ".TP\n.BR ");
        (void)fprintf(to, "\"lianou %s\" \" ", table[i]->name);
        put_man(to, table[i]->usage);
        (void)fputs("\"\n", to);
        put_man(to, table[i]->summary);
        (void)fputs(".\n.br\n", to);
        put_man(to, table[i]->summary_zh);
        (void)fputs("\n", to);
    }
}

/* The words of a usage line a user types as they stand: options, and lower
 * case alternatives; NAME and "..." are not. */
static void put_words(FILE *to, const char *usage)
{
    const char *p = usage;
    while (*p != '\0') {
        size_t len = strcspn(p, " |[](),'");
        bool option = len > 2 && p[0] == '-' && p[1] == '-';
        bool word = len > 1 && islower((unsigned char)p[0]) != 0;
        for (size_t i = 0; word && i < len; i++) {
            word = islower((unsigned char)p[i]) != 0 || p[i] == '-';
        }
        if (option || word) {
            (void)fprintf(to, " %.*s", (int)len, p);
        }
        p += len + (p[len] != '\0');
    }
}

static void put_case(FILE *to, const struct lianou_command *c)
{
    bool partners = strstr(c->usage, "PARTNER") != NULL;
    (void)fprintf(to, "        %s) words=\"", c->name);
    put_words(to, c->usage);
    for (size_t i = 0; c->more != NULL && c->more(i) != NULL; i++) {
        put_words(to, c->more(i));
    }
    (void)fprintf(to, "\"%s ;;\n", partners ? " partners=yes" : "");
}

void cli_help_bash(FILE *to,
                   const struct lianou_command *const *table,
                   size_t n,
                   const char *config_dir)
{
    (void)fputs("# bash completion of lianou, made by `lianou help --bash`.\n"
                "_lianou() {\n"
                "    local words=\"\" partners=\"\" at "
                "this=${COMP_WORDS[COMP_CWORD]}\n"
                "    COMPREPLY=()\n"
                "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                "        words=\"help",
                to);
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(to, " %s", table[i]->name);
    }
    (void)fputs("\"\n    else\n        case ${COMP_WORDS[1]} in\n", to);
    for (size_t i = 0; i < n; i++) {
        put_case(to, table[i]);
    }
    (void)fputs("        help) words=\"", to);
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(to, " %s", table[i]->name);
    }
    (void)fprintf(to,
                  "\" ;;\n        esac\n    fi\n"
                  "    for at in ${partners:+"
                  "\"${LIANOU_CONFIG:-%s}\"/partners.d/*.yaml}; do\n"
                  "        [ -f \"$at\" ] || continue\n"
                  "        at=${at##*/}\n"
                  "        words+=\" ${at%%.yaml}\"\n"
                  "    done\n"
                  "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
                  "\"$this\")\n"
                  "    [ ${#COMPREPLY[@]} -gt 0 ] ||\n"
                  "        mapfile -t COMPREPLY < <(compgen -f -- \"$this\")\n"
                  "}\n"
                  "complete -o filenames -F _lianou lianou\n",
                  config_dir);
}
