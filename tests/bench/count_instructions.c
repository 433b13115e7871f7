// SPDX-License-Identifier: GPL-3.0-or-later
/*
   A plugin of qemu-user that counts the instructions of 64-bit ARM that a program executes, and those among them that work
   on vectors. What it declares is version 1 of QEMU's interface, whose header Debian does not package.
     qemu-aarch64 -plugin count_instructions.so,to=COUNTS PROGRAM...     appends "ALL VECTOR" to the file COUNTS
*/
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { ADD_U64 = 0, PATH_BYTES = 4096 };

struct qemu_plugin_tb;
struct qemu_plugin_insn;

void   qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                             void (*translated)(uint64_t, struct qemu_plugin_tb*));
void   qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb* block, int what, void* to,
                                                uint64_t by);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* block);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb* block, size_t i);
const void*              qemu_plugin_insn_data(const struct qemu_plugin_insn* instruction);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*ends)(uint64_t, void*), void* data);
int  qemu_plugin_install(uint64_t id, const void* machine, int argc, char** argv);

EXPORT int qemu_plugin_version = 1;

static uint64_t n_all;
static uint64_t n_vector;
static char     path[PATH_BYTES];

/// Advanced SIMD on vectors: x xxx 0111 0 ... and x xxx 0111 1 ... with bit 31 clear; what works on scalars is not among them.
static int is_vector(uint32_t instruction)
{
  return (instruction & 0x9e000000u) == 0x0e000000u;
}

static void count(uint64_t id, struct qemu_plugin_tb* block)
{
  const size_t n   = qemu_plugin_tb_n_insns(block);
  uint64_t     few = 0;
  (void)id;
  for (size_t i = 0; i < n; ++i) {
    uint32_t instruction;
    memcpy(&instruction, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(block, i)),
           sizeof instruction);
    few += is_vector(instruction) ? 1 : 0;
  }
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &n_all, n);
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &n_vector, few);
}

static void tell(uint64_t id, void* data)
{
  FILE* const file = fopen(path, "a");
  (void)id;
  (void)data;
  if (file) {
    fprintf(file, "%llu %llu\n", (unsigned long long)n_all, (unsigned long long)n_vector);
    fclose(file);
  }
}

EXPORT int qemu_plugin_install(uint64_t id, const void* machine, int argc, char** argv)
{
  (void)machine;
  if (argc != 1 || strncmp(argv[0], "to=", 3) != 0) {
    return 1;
  }
  snprintf(path, sizeof path, "%s", argv[0] + 3);
  qemu_plugin_register_vcpu_tb_trans_cb(id, count);
  qemu_plugin_register_atexit_cb(id, tell, NULL);
  return 0;
}
