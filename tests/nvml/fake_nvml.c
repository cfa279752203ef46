/* A libnvidia-ml.so.1 without a GPU: answers as a scenario file says, which it reads again when that changes.

   One statement a line (see fake.py, which writes it):
     init CODE | count CODE | driver VERSION | slow MILLISECONDS
     gpu INDEX PROFILE UUID PID...          a100, h100, rtx; the pids use it
     set INDEX FUNCTION VALUE               its (first) answer is VALUE
     fail INDEX FUNCTION CODE               INDEX -1: every GPU and questions to the system
     lost INDEX CALLS                       lost after so many questions to it
     mig INDEX INSTANCES                    divided into so many instances
     name INDEX HEXBYTES                    its name, byte by byte
     grow                                   the list of processes grows between two calls

   Structures and codes are those of NVIDIA's public nvml.h. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { OK = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7, LOST = 15, NO_DATA = 21 };
enum { MOST = 64, MOST_PIDS = 16, MOST_RULES = 256, MOST_MIG = 7 };

typedef struct { int parent, instance; } Mig;
typedef struct {
    int index, num_pids, pids[MOST_PIDS], num_mig;
    char profile[16], uuid[96], name[256];
    long lost_after, calls;
    Mig mig[MOST_MIG];
} Gpu;
typedef struct { int index; char function[64]; unsigned long long value; int is_failure; } Rule;

static Gpu gpus[MOST];
static Rule rules[MOST_RULES];
static int num_gpus, num_rules, init_code, count_code, slow_ms, grows, started;
static char driver_version[80];
static struct timespec changed;
static double looked_at, energy_mj[MOST], energy_at[MOST];

static double now(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec + t.tv_nsec / 1e9; }

static void add_gpu(char *rest) {
    Gpu *g = &gpus[num_gpus];
    long calls = g->calls;
    int used = 0;
    memset(g, 0, sizeof *g);
    g->calls = calls, g->lost_after = -1;
    sscanf(rest, "%d %15s %95s%n", &g->index, g->profile, g->uuid, &used);
    const char *name = !strcmp(g->profile, "a100") ? "NVIDIA A100-SXM4-80GB"
                     : !strcmp(g->profile, "h100") ? "NVIDIA H100 80GB HBM3" : "NVIDIA GeForce RTX 4090";
    strcpy(g->name, name);
    for (char *p = strtok(rest + used, " \n"); p && g->num_pids < MOST_PIDS; p = strtok(NULL, " \n"))
        g->pids[g->num_pids++] = atoi(p);
    num_gpus++;
}

static void read_line(char *line) {
    char word[16] = "", function[64] = "";
    int index = 0, used = 0;
    long value = 0;
    sscanf(line, "%15s%n", word, &used);
    char *rest = line + used;
    if (!strcmp(word, "gpu") && num_gpus < MOST) add_gpu(rest);
    else if (!strcmp(word, "init")) init_code = atoi(rest);
    else if (!strcmp(word, "count")) count_code = atoi(rest);
    else if (!strcmp(word, "slow")) slow_ms = atoi(rest);
    else if (!strcmp(word, "grow")) grows = 1;
    else if (!strcmp(word, "driver")) sscanf(rest, "%79s", driver_version);
    else if (!strcmp(word, "lost") && sscanf(rest, "%d %ld", &index, &value) == 2) gpus[index].lost_after = value;
    else if (!strcmp(word, "mig") && sscanf(rest, "%d %ld", &index, &value) == 2) {
        gpus[index].num_mig = (int)value;
        for (int i = 0; i < value; i++) gpus[index].mig[i] = (Mig){ index, i };
    } else if (!strcmp(word, "name") && sscanf(rest, "%d %511s", &index, line) == 2) {
        size_t length = strlen(line) / 2;
        for (size_t i = 0; i < length; i++) { unsigned byte; sscanf(line + 2 * i, "%2x", &byte); gpus[index].name[i] = (char)byte; }
        gpus[index].name[length] = 0;
    } else if ((!strcmp(word, "set") || !strcmp(word, "fail")) && num_rules < MOST_RULES) {
        Rule *r = &rules[num_rules++];
        sscanf(rest, "%d %63s %llu", &r->index, r->function, &r->value);
        r->is_failure = word[0] == 'f';
    }
}

static void look(void) {
    double t = now();
    struct stat s;
    const char *path = getenv("FAKE_NVML");
    if (t - looked_at < 0.05) return;
    looked_at = t;
    if (!path || stat(path, &s) || !memcmp(&s.st_mtim, &changed, sizeof changed)) return;
    FILE *file = fopen(path, "r");
    char line[1024];
    if (!file) return;
    changed = s.st_mtim;
    num_gpus = num_rules = init_code = count_code = slow_ms = grows = 0;
    strcpy(driver_version, "570.86.15");
    while (fgets(line, sizeof line, file)) read_line(line);
    fclose(file);
}

static void wait_slowly(void) { /* a scenario that is not slow any more ends the waiting */
    struct timespec pause = { 0, 10000000L };
    double began = now();
    while (slow_ms && now() - began < slow_ms / 1000.0) { nanosleep(&pause, NULL); look(); }
}

static const Rule *rule(int index, const char *function, int is_failure) {
    for (int i = 0; i < num_rules; i++)
        if (rules[i].is_failure == is_failure && !strcmp(rules[i].function, function)
            && (rules[i].index == index || rules[i].index == -1)) return &rules[i];
    return NULL;
}

static int gate(int index, const char *function) {
    look();
    wait_slowly();
    if (!started) return UNINITIALIZED;
    if (init_code) return init_code;
    if (index >= num_gpus) return LOST;
    const Rule *r = rule(index, function, 1);
    if (r) return (int)r->value;
    if (index >= 0 && gpus[index].lost_after >= 0 && ++gpus[index].calls > gpus[index].lost_after) return LOST;
    return OK;
}

static Mig *as_mig(void *handle) {
    for (int i = 0; i < MOST; i++)
        if (handle >= (void *)gpus[i].mig && handle < (void *)(gpus[i].mig + MOST_MIG)) return handle;
    return NULL;
}
static Gpu *as_gpu(void *handle) { Mig *m = as_mig(handle); return m ? &gpus[m->parent] : handle; }
static int is(const Gpu *g, const char *profile) { return !strcmp(g->profile, profile); }

#define GATE(handle) \
    Gpu *g = as_gpu(handle); int code_ = gate((int)(g - gpus), __func__); if (code_) return code_
#define ANSWER(target, answer_) do { \
    const Rule *r_ = rule((int)(g - gpus), __func__, 0); *(target) = r_ ? r_->value : (unsigned long long)(answer_); return OK; \
} while (0)

static double wave(const Gpu *g) { return 0.5 + 0.45 * sin(now() / (4.0 + 3 * (g - gpus)) + (g - gpus)); }
static double watts(const Gpu *g) { return 60 + 300 * wave(g); }
static unsigned long long memory_total(const Gpu *g) { return (is(g, "rtx") ? 24ULL : 80ULL) << 30; }

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    look();
    wait_slowly();
    started = !init_code;
    return init_code;
}
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { int was = started; started = 0; return was ? OK : UNINITIALIZED; }
const char *nvmlErrorString(int code) { return code == 999 ? "Unknown Error" : "Some Error"; }

int nvmlSystemGetDriverVersion(char *text, unsigned size) {
    int code = gate(-1, __func__);
    if (!code) snprintf(text, size, "%s", driver_version);
    return code;
}
int nvmlSystemGetNVMLVersion(char *text, unsigned size) {
    int code = gate(-1, __func__);
    if (!code) snprintf(text, size, "12.%s", driver_version);
    return code;
}
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 12080; return gate(-1, __func__); }
int nvmlSystemGetCudaDriverVersion(int *version) { *version = 12080; return gate(-1, __func__); }
int nvmlSystemGetProcessName(unsigned pid, char *text, unsigned size) {
    int code = gate(-1, __func__);
    if (!code) snprintf(text, size, "/usr/bin/trainer-%u", pid);
    return code;
}
int nvmlDeviceGetCount_v2(unsigned *count) {
    int code = gate(-1, __func__);
    *count = (unsigned)num_gpus;
    return code ? code : count_code;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    look();
    if (index >= (unsigned)num_gpus) return INVALID;
    Gpu *g = &gpus[index];
    int code = gate((int)index, __func__);
    *handle = g;
    return code;
}
int nvmlDeviceGetName(void *h, char *text, unsigned size) {
    GATE(h);
    Mig *m = as_mig(h);
    if (m) snprintf(text, size, "%s MIG 1g.10gb", g->name); else snprintf(text, size, "%s", g->name);
    return OK;
}
int nvmlDeviceGetUUID(void *h, char *text, unsigned size) {
    GATE(h);
    Mig *m = as_mig(h);
    if (m) snprintf(text, size, "MIG-%d-%d", m->parent, m->instance); else snprintf(text, size, "%s", g->uuid);
    return OK;
}
typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; } Pci;
int nvmlDeviceGetPciInfo_v3(void *h, Pci *pci) {
    GATE(h);
    memset(pci, 0, sizeof *pci);
    snprintf(pci->bus_id, sizeof pci->bus_id, "00000000:%02X:00.0", (unsigned)(0x17 + (g - gpus)));
    return OK;
}
int nvmlDeviceGetUtilizationRates(void *h, unsigned *rates) {
    GATE(h);
    if (g->num_mig) return NOT_SUPPORTED;
    rates[1] = (unsigned)(60 * wave(g));
    ANSWER(&rates[0], 100 * wave(g));
}
int nvmlDeviceGetMemoryInfo(void *h, unsigned long long *memory) {
    GATE(h);
    memory[0] = memory_total(g), memory[2] = (unsigned long long)(memory[0] * (0.1 + 0.7 * wave(g)));
    memory[1] = memory[0] - memory[2];
    ANSWER(&memory[2], memory[2]);
}
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory;
int nvmlDeviceGetMemoryInfo_v2(void *h, Memory *m) {
    GATE(h);
    if (m->version != 0x02000028) return 25;
    m->total = memory_total(g) / (as_mig(h) ? 8 : 1), m->reserved = 500ULL << 20;
    m->used = (unsigned long long)((m->total - m->reserved) * (0.1 + 0.7 * wave(g)));
    m->free = m->total - m->reserved - m->used;
    ANSWER(&m->used, m->used);
}
int nvmlDeviceGetPowerUsage(void *h, unsigned *milliwatts) { GATE(h); ANSWER(milliwatts, 1000 * watts(g)); }
int nvmlDeviceGetEnforcedPowerLimit(void *h, unsigned *milliwatts) { GATE(h); ANSWER(milliwatts, is(g, "h100") ? 700000 : 400000); }
int nvmlDeviceGetPowerManagementLimit(void *h, unsigned *milliwatts) { GATE(h); ANSWER(milliwatts, 400000); }
int nvmlDeviceGetTotalEnergyConsumption(void *h, unsigned long long *millijoules) {
    GATE(h);
    int i = (int)(g - gpus);
    double t = now();
    if (energy_at[i]) energy_mj[i] += (t - energy_at[i]) * 1000 * watts(g); else energy_mj[i] = 5e9;
    energy_at[i] = t;
    ANSWER(millijoules, energy_mj[i]);
}
int nvmlDeviceGetTemperature(void *h, int sensor, unsigned *celsius) {
    GATE(h);
    if (sensor) return INVALID;
    ANSWER(celsius, 35 + 50 * wave(g));
}
typedef struct { unsigned version; int sensor, celsius; } Temperature;
int nvmlDeviceGetTemperatureV(void *h, Temperature *t) { GATE(h); ANSWER(&t->celsius, 35 + 50 * wave(g)); }
int nvmlDeviceGetTemperatureThreshold(void *h, int kind, unsigned *celsius) {
    GATE(h);
    if (is(g, "h100") || kind > 3) return NOT_SUPPORTED;
    static const unsigned limits[] = { 92, 89, 95, 85 };
    ANSWER(celsius, limits[kind]);
}
typedef struct { unsigned version; int celsius; } Margin;
int nvmlDeviceGetMarginTemperature(void *h, Margin *m) {
    GATE(h);
    if (!is(g, "h100")) return NOT_SUPPORTED;
    const Rule *r = rule((int)(g - gpus), "nvmlDeviceGetTemperature", 0);
    m->celsius = 87 - (r ? (int)r->value : (int)(35 + 50 * wave(g)));
    return OK;
}
typedef union { double d; unsigned u; int i; unsigned long long ull; } Value;
typedef struct { unsigned field, scope; long long timestamp, latency; int type, code; Value value; } Field;
int nvmlDeviceGetFieldValues(void *h, int count, Field *fields) {
    GATE(h);
    for (int i = 0; i < count; i++) {
        int limit = fields[i].field == 193 ? -8 : fields[i].field == 194 ? -2 : fields[i].field == 196 ? 0 : 1;
        fields[i].code = limit == 1 || !is(g, "h100") ? NOT_SUPPORTED : OK;
        fields[i].type = 5, fields[i].value.i = limit;
    }
    return OK;
}
int nvmlDeviceGetClockInfo(void *h, int kind, unsigned *mhz) { GATE(h); ANSWER(mhz, kind == 2 ? 1593 : 210 + 1200 * wave(g)); }
int nvmlDeviceGetMaxClockInfo(void *h, int kind, unsigned *mhz) { GATE(h); ANSWER(mhz, kind == 2 ? 1593 : 1410); }
int nvmlDeviceGetFanSpeed(void *h, unsigned *percent) { GATE(h); if (!is(g, "rtx")) return NOT_SUPPORTED; ANSWER(percent, 30 + 60 * wave(g)); }
int nvmlDeviceGetFanSpeed_v2(void *h, unsigned fan, unsigned *percent) { GATE(h); (void)fan; if (!is(g, "rtx")) return NOT_SUPPORTED; ANSWER(percent, 30); }
int nvmlDeviceGetPerformanceState(void *h, int *state) { GATE(h); ANSWER(state, 0); }
int nvmlDeviceGetCurrentClocksEventReasons(void *h, unsigned long long *bits) { GATE(h); ANSWER(bits, wave(g) < .2 ? 1 : wave(g) > .8 ? 4 : 0); }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *h, unsigned long long *bits) { GATE(h); ANSWER(bits, 4); }
int nvmlDeviceGetEccMode(void *h, int *current, int *pending) { GATE(h); if (is(g, "rtx")) return NOT_SUPPORTED; *pending = 1; ANSWER(current, 1); }
int nvmlDeviceGetTotalEccErrors(void *h, int kind, int counter, unsigned long long *count) {
    GATE(h);
    (void)counter;
    if (is(g, "rtx")) return NOT_SUPPORTED;
    ANSWER(count, kind ? 0 : 3);
}
int nvmlDeviceGetPcieThroughput(void *h, int counter, unsigned *kilobytes) {
    GATE(h);
    struct timespec pause = { 0, 20000000L };
    nanosleep(&pause, NULL);
    ANSWER(kilobytes, (counter ? 900000 : 300000) * wave(g));
}
typedef struct { unsigned pid; unsigned long long bytes; unsigned gpu_instance, compute_instance; } Process;
static int list(Gpu *g, unsigned *count, Process *out, int has_any) {
    static unsigned grown;
    unsigned n = has_any ? (unsigned)g->num_pids : 0;
    if (grows && n && out && grown++ % 2 == 0) n = *count + 3; /* more came since the size was asked for */
    if (n > *count) { *count = n; return TOO_SMALL; }
    for (unsigned i = 0; i < n; i++)
        out[i] = (Process){ (unsigned)g->pids[i % (unsigned)g->num_pids], i ? ~0ULL : 2ULL << 30, ~0U, ~0U };
    *count = n;
    return OK;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *h, unsigned *count, Process *out) { GATE(h); return list(g, count, out, 1); }
int nvmlDeviceGetComputeRunningProcesses_v2(void *h, unsigned *count, Process *out) { GATE(h); return list(g, count, out, 1); }
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *h, unsigned *count, Process *out) { GATE(h); return list(g, count, out, 0); }
int nvmlDeviceGetGraphicsRunningProcesses_v2(void *h, unsigned *count, Process *out) { GATE(h); return list(g, count, out, 0); }
int nvmlDeviceGetMigMode(void *h, unsigned *current, unsigned *pending) {
    GATE(h);
    if (is(g, "rtx")) return NOT_SUPPORTED;
    *current = *pending = g->num_mig > 0;
    return OK;
}
int nvmlDeviceGetMaxMigDeviceCount(void *h, unsigned *count) { GATE(h); ANSWER(count, is(g, "rtx") ? 0 : MOST_MIG); }
int nvmlDeviceGetMigDeviceHandleByIndex(void *h, unsigned index, void **instance) {
    GATE(h);
    if (index >= (unsigned)g->num_mig) return NOT_FOUND;
    *instance = &g->mig[index];
    return OK;
}
int nvmlDeviceGetGpuInstanceId(void *h, unsigned *id) { GATE(h); Mig *m = as_mig(h); if (!m) return INVALID; ANSWER(id, m->instance + 1); }
int nvmlDeviceGetComputeInstanceId(void *h, unsigned *id) { GATE(h); ANSWER(id, 0); }
typedef struct { unsigned multiprocessors, copy, decoder, encoder, jpeg, ofa, gpu_slices, compute_slices; unsigned long long megabytes; } Attributes;
int nvmlDeviceGetAttributes_v2(void *h, Attributes *a) {
    GATE(h);
    memset(a, 0, sizeof *a);
    ANSWER(&a->multiprocessors, 14);
}
