/* SPDX-License-Identifier: MIT */
/* Prints the five largest processes that Vigia sees, with its headers and libc alone. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>

#include <vigia/reader.h>

enum { LARGEST = 5 };

/* Names are bytes that strangers chose: only printable ASCII reaches the terminal as it is. */
static void print_name(const char* name) {
    for (int i = 0; i < VIGIA_COMM_SIZE_BYTES && name[i] != '\0'; i++) {
        const unsigned char byte = (unsigned char)name[i];
        printf(byte < ' ' || byte > '~' || byte == '\\' ? "\\x%02x" : "%c", byte);
    }
    putchar('\n');
}

/* Copies the largest processes to `top`, the largest first; returns how many there are. */
static int find_largest(const struct vigia_view* view, struct vigia_process* top) {
    int found = 0;
    for (uint32_t i = 0; i < view->count[VIGIA_PROCESSES_REGION]; i++) {
        const struct vigia_process* process = vigia_record(view, VIGIA_PROCESSES_REGION, i);
        int place = found;
        while (place > 0 && top[place - 1].rss_bytes < process->rss_bytes) {
            place--;
        }
        if (place < LARGEST && (process->valid & VIGIA_PROCESS_VALID_MEMORY)) {
            found += found < LARGEST;
            memmove(&top[place + 1], &top[place], (size_t)(found - 1 - place) * sizeof(*top));
            vigia_copy(&top[place], process, sizeof(*top));
        }
    }
    return found;
}

int main(int argc, char* argv[]) {
    struct vigia_file file;
    struct vigia_view view;
    struct vigia_process top[LARGEST];
    int found = 0, valid = 0;
    char path[4096];

    snprintf(path, sizeof(path), "%s/processes", argc > 1 ? argv[1] : "/run/vigia");
    const char* error = vigia_open(path, VIGIA_FILE_PROCESSES, &file);
    for (int i = 0; !error && !valid && i < VIGIA_READ_ATTEMPTS; i++) {
        error = vigia_acquire(&file, &view) ? NULL : "has no snapshot yet";
        found = error ? 0 : find_largest(&view, top);
        valid = !error && vigia_still_valid(&view);
    }
    if (!valid) {
        fprintf(stderr, "%s %s\n", path, error ? error : "changed faster than it could be read");
        return 1;
    }
    for (int i = 0; i < found; i++) {
        printf("%7u %10llu KiB  ", top[i].pid, (unsigned long long)(top[i].rss_bytes / 1024));
        print_name(top[i].comm);
    }
    return 0;
}
