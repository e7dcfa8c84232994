/* Runs a formula on a block of rows, tile by tile: a tile is a few rows, whose numbers stay in the first-level cache between steps.

   A program is a list of steps on registers. A register is an array that Python passes in, or a piece of scratch memory for one tile. It has one
   number for each row (narrow), or `width` numbers for each row (wide). The steps MAP, REDUCE and TOTAL call loops of NumPy's ufuncs, which are
   found in the ufunc objects, or those in _loops.h, which have the same signature. So the results are equal to NumPy's, to the bit. The interpreter's
   lock is released once for all steps together. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include "_loops.h"

/* Increase this number, here and in version.py, when the arguments of a function change: compiled code may be older than the Python files. */
enum { EDITION = 3 };

/* The first fields of NumPy's PyUFuncObject, which have been the same since NumPy 1.0. */
typedef struct {
    PyObject ob_base;
    int nin, nout, nargs, identity;
    Loop *functions;
    void *const *data;
    int ntypes, reserved;
    const char *name;
    const char *types;
} UFunc;

/* ---- programs ----------------------------------------------------------------------------------------------------------- */

enum { MAP, REDUCE, PICK, PUT, CHECK, TOTAL, WITHIN, SUM, CHOOSE, GATHER, SCATTER };
enum { OPERANDS = 4, ARRAYS = 32 }; /* the maximum of each, as in kernel.py */

typedef struct {
    int64_t kind, loop, data, operands, from_first, compact, reg[OPERANDS]; /* the last register is the result, if there is one */
} Step;

typedef struct {
    int64_t array, offset, size, wide; /* the index of an array that was passed in; or -1 and the offset in the scratch memory */
} Register;

/* The place of the numbers of a register in one tile: the address of the first, and the strides in bytes to the next row and column. */
typedef struct {
    char *at;
    intptr_t row, column;
} Place;

typedef struct {
    const Step *steps;
    const Register *registers;
    Py_buffer *arrays;
    Py_ssize_t n_steps, width, tile;
    int across; /* whether the numbers of a row are contiguous; else those of a column are */
    char *scratch;
} Machine;

static Place place(const Machine *m, int64_t k, Py_ssize_t start, Py_ssize_t rows)
{
    const Register *r = m->registers + k;
    Place p = {0, 0, 0};
    if (r->array >= 0) {
        const Py_buffer *b = m->arrays + r->array;
        p.row = b->ndim > 0 && b->shape[0] > 1 ? b->strides[0] : 0; /* an array of one row is the same in every row */
        p.column = b->ndim > 1 ? b->strides[1] : 0;
        p.at = (char *)b->buf + start * p.row;
    } else {
        p.at = m->scratch + r->offset;
        p.row = m->across && r->wide ? r->size * m->width : r->size;
        p.column = !r->wide ? 0 : m->across ? r->size : r->size * rows;
    }
    return p;
}

/* A loop over a tile. It is one call where all operands are contiguous, row after row or column after column; else it is a call for each row or column. */
static void map(const Machine *m, const Step *s, const Place *p, Py_ssize_t rows)
{
    Loop loop = (Loop)(intptr_t)s->loop;
    int k = (int)s->operands, across = 1, down = 1, i;
    char *args[OPERANDS];
    intptr_t steps[OPERANDS], n, w = m->registers[s->reg[k - 1]].wide ? m->width : 1;
    for (i = 0; i < k; i++) {
        across &= p[i].row == p[i].column * w;
        down &= p[i].column == p[i].row * rows;
        args[i] = p[i].at;
    }
    if (w == 1 || down) {
        n = rows * w;
        for (i = 0; i < k; i++) steps[i] = p[i].row;
        loop(args, &n, steps, (void *)(intptr_t)s->data);
    } else if (across) {
        n = rows * w;
        for (i = 0; i < k; i++) steps[i] = p[i].column;
        loop(args, &n, steps, (void *)(intptr_t)s->data);
    } else if (loop == copy_loop && w > 1 && p[0].column == 8 && p[0].row == 8 * w && p[1].row == 8) {
        transpose((const int64_t *)p[0].at, (int64_t *)p[1].at, rows, w, p[1].column / 8);
    } else {
        intptr_t many = m->across ? rows : w;
        n = m->across ? w : rows;
        for (i = 0; i < k; i++) steps[i] = m->across ? p[i].column : p[i].row;
        for (intptr_t j = 0; j < many; j++) {
            for (i = 0; i < k; i++) args[i] = p[i].at + j * (m->across ? p[i].row : p[i].column);
            loop(args, &n, steps, (void *)(intptr_t)s->data);
        }
    }
}

/* A reduction over the last axis in NumPy's order: pairwise along a row, or column after column. */
static void reduce(const Machine *m, const Step *s, const Place *p, Py_ssize_t rows)
{
    Loop loop = (Loop)(intptr_t)s->loop;
    intptr_t first = s->from_first ? 1 : 0;
    for (Py_ssize_t r = 0; r < rows; r++)
        if (m->registers[s->reg[1]].size == 1)
            p[1].at[r * p[1].row] = p[0].at[r * p[0].row]; /* a reduction of flags starts with the first flag: no sum comes here */
        else
            *(int64_t *)(p[1].at + r * p[1].row) = first ? *(int64_t *)(p[0].at + r * p[0].row) : 0;
    if (m->across) {
        intptr_t n = m->width - first, steps[3] = {0, p[0].column, 0};
        for (Py_ssize_t r = 0; r < rows; r++) {
            char *out = p[1].at + r * p[1].row, *args[3] = {out, p[0].at + r * p[0].row + first * p[0].column, out};
            loop(args, &n, steps, (void *)(intptr_t)s->data);
        }
    } else {
        intptr_t n = rows, steps[3] = {p[1].row, p[0].row, p[1].row};
        for (intptr_t c = first; c < m->width; c++) {
            char *args[3] = {p[1].at, p[0].at + c * p[0].column, p[1].at};
            loop(args, &n, steps, (void *)(intptr_t)s->data);
        }
    }
}

/* The sum of the doubles of each row, in NumPy's order. */
static void sum(const Machine *m, const Step *s, const Place *p, Py_ssize_t rows)
{
    if (m->across && p[0].column == 8)
        sums_of_rows((const double *)p[0].at, p[0].row / 8, m->width, (double *)p[1].at, p[1].row / 8, rows);
    else if (!m->across && p[0].row == 8 && p[1].row == 8)
        sums_of_columns((const double *)p[0].at, p[0].column / 8, m->width, (double *)p[1].at, rows);
    else
        reduce(m, s, p, rows);
}

/* PICK takes from each row the number in the column of its label, PUT writes a number there. Returns 0 for a label that is no column. */
static int at_label(const Machine *m, const Step *s, const Place *p, Py_ssize_t rows)
{
    for (Py_ssize_t r = 0; r < rows; r++) {
        int64_t label = *(int64_t *)(p[1].at + r * p[1].row);
        if (label < 0 || label >= m->width) return 0;
        if (s->kind == PICK)
            *(int64_t *)(p[2].at + r * p[2].row) = *(int64_t *)(p[0].at + r * p[0].row + label * p[0].column);
        else
            *(int64_t *)(p[2].at + r * p[2].row + label * p[2].column) = *(int64_t *)(p[0].at + r * p[0].row);
    }
    return 1;
}

/* The numbers of the rows whose flags are true. Returns how many there are. */
static Py_ssize_t choose(const Place *p, Py_ssize_t rows)
{
    int64_t *chosen = (int64_t *)p[1].at;
    Py_ssize_t n = 0;
    for (Py_ssize_t r = 0; r < rows; r++) {
        chosen[n] = r; /* overwritten by the next row if the flag is false */
        n += p[0].at[r * p[0].row] != 0;
    }
    return n;
}

/* The numbers of the chosen rows, beside each other. */
static void gather(const Place *p, Py_ssize_t n)
{
    const int64_t *chosen = (const int64_t *)p[0].at;
    if (p[2].row == 1)
        for (Py_ssize_t i = 0; i < n; i++) p[2].at[i] = p[1].at[chosen[i] * p[1].row];
    else
        for (Py_ssize_t i = 0; i < n; i++) ((int64_t *)p[2].at)[i] = *(int64_t *)(p[1].at + chosen[i] * p[1].row);
}

/* Numbers of the chosen rows, and others of all rows, which the rows that were not chosen keep. */
static void scatter(const Place *p, Py_ssize_t rows, Py_ssize_t n)
{
    const int64_t *chosen = (const int64_t *)p[0].at;
    char *args[2] = {p[2].at, p[3].at};
    intptr_t steps[2] = {p[2].row, p[3].row};
    copy_loop(args, &rows, steps, NULL);
    for (Py_ssize_t i = 0; i < n; i++) *(int64_t *)(p[3].at + chosen[i] * p[3].row) = ((int64_t *)p[1].at)[i];
}

/* Checks flags: returns 0 where any flag is true. */
static int check(const Place *p, Py_ssize_t rows, Py_ssize_t width)
{
    if ((p->row == 1 && (width == 1 || p->column == rows)) || (p->column == 1 && p->row == width)) return !memchr(p->at, 1, (size_t)(rows * width));
    for (Py_ssize_t r = 0; r < rows; r++)
        for (Py_ssize_t c = 0; c < width; c++)
            if (p->at[r * p->row + c * p->column]) return 0;
    return 1;
}

/* Whether n numbers lie between the bounds of the step. `step` is the distance of two of them in bytes. */
static int numbers_within(const Step *s, const Place *p, const char *x, intptr_t n, intptr_t step)
{
    int whole = s->data != 0;
    if (step == 8) return whole ? ints_within((const int64_t *)x, n, *(int64_t *)p[1].at, *(int64_t *)p[2].at)
                                : doubles_within((const double *)x, n, *(double *)p[1].at, *(double *)p[2].at);
    for (intptr_t i = 0; i < n; i++, x += step)
        if (!(whole ? ints_within((const int64_t *)x, 1, *(int64_t *)p[1].at, *(int64_t *)p[2].at)
                    : doubles_within((const double *)x, 1, *(double *)p[1].at, *(double *)p[2].at)))
            return 0;
    return 1;
}

/* The same of all numbers of a register, whose bounds are one number each. */
static int within(const Machine *m, const Step *s, const Place *p, Py_ssize_t rows)
{
    Py_ssize_t w = m->registers[s->reg[0]].wide ? m->width : 1;
    if (w == 1 || p->column == p->row * rows) return numbers_within(s, p, p->at, rows * w, p->row);
    if (p->row == p->column * w) return numbers_within(s, p, p->at, rows * w, p->column);
    for (Py_ssize_t c = 0; c < w; c++)
        if (!numbers_within(s, p, p->at + c * p->column, rows, p->row)) return 0;
    return 1;
}

/* Runs all steps on one tile. Writes the sums of the tile to totals, at the index of the array of each sum. Returns 0 where a check fails. */
static int tile(const Machine *m, Py_ssize_t start, Py_ssize_t rows, double *totals)
{
    Py_ssize_t chosen = 0;
    for (const Step *s = m->steps; s < m->steps + m->n_steps; s++) {
        if (s->compact && !chosen) continue;
        Place p[OPERANDS];
        for (int i = 0; i < s->operands; i++) p[i] = place(m, s->reg[i], start, rows);
        switch (s->kind) {
        case MAP: map(m, s, p, s->compact ? chosen : rows); break;
        case CHOOSE: chosen = choose(p, rows); break;
        case GATHER: gather(p, chosen); break;
        case SCATTER: scatter(p, rows, chosen); break;
        case REDUCE: reduce(m, s, p, rows); break;
        case SUM: sum(m, s, p, rows); break;
        case PICK:
        case PUT:
            if (!at_label(m, s, p, rows)) return 0;
            break;
        case CHECK:
            if (!check(p, rows, m->registers[s->reg[0]].wide ? m->width : 1)) return 0;
            break;
        case WITHIN:
            if (!within(m, s, p, rows)) return 0;
            break;
        case TOTAL: {
            double *total = totals + m->registers[s->reg[1]].array;
            char *args[3] = {(char *)total, p[0].at, (char *)total};
            intptr_t steps[3] = {0, p[0].row, 0};
            *total = p[0].row == 8 ? 0.0 + sum_of((const double *)p[0].at, rows) : 0.0;
            if (p[0].row != 8) ((Loop)(intptr_t)s->loop)(args, &rows, steps, (void *)(intptr_t)s->data);
        }
        }
    }
    return 1;
}

/* Halves the rows until they fit in tiles, as NumPy's pairwise sum does: so the sums of the halves add up to the same number. */
static int halves(const Machine *m, Py_ssize_t start, Py_ssize_t rows, double *totals)
{
    if (rows <= m->tile) return tile(m, start, rows, totals);
    double right[ARRAYS] = {0};
    Py_ssize_t half = rows / 2;
    half -= half < 8 ? 0 : half % 8;
    if (!halves(m, start, half, totals) || !halves(m, start + half, rows - half, right)) return 0;
    for (int i = 0; i < ARRAYS; i++) totals[i] += right[i];
    return 1;
}

/* Runs the program on all rows, and writes the sums of each piece of rows. */
static int run(const Machine *m, Py_ssize_t rows, Py_ssize_t piece)
{
    for (Py_ssize_t k = 0; k * piece < rows; k++) {
        double totals[ARRAYS] = {0};
        Py_ssize_t start = k * piece;
        if (!halves(m, start, rows - start < piece ? rows - start : piece, totals)) return 0;
        for (const Step *s = m->steps; s < m->steps + m->n_steps; s++)
            if (s->kind == TOTAL) {
                int64_t array = m->registers[s->reg[1]].array;
                ((double *)m->arrays[array].buf)[k] = totals[array];
            }
    }
    return 1;
}

/* ---- the module ---------------------------------------------------------------------------------------------------------- */

/* Whether an object is a NumPy ufunc, so that its fields can be read. */
static int is_ufunc(PyObject *object)
{
    PyObject *numpy = PyImport_ImportModule("numpy");
    PyObject *type = numpy ? PyObject_GetAttrString(numpy, "ufunc") : NULL;
    int is = type ? PyObject_IsInstance(object, type) : -1;
    Py_XDECREF(type);
    Py_XDECREF(numpy);
    return is;
}

/* Whether a field has the value of the attribute. If not, NumPy's struct has changed. */
static int agrees(PyObject *ufunc, const char *name, int field)
{
    PyObject *said = PyObject_GetAttrString(ufunc, name);
    if (!said) return 0;
    long value = PyLong_AsLong(said);
    Py_DECREF(said);
    return !PyErr_Occurred() && value == field;
}

static PyObject *loops(PyObject *self, PyObject *args)
{
    PyObject *ufunc, *found;
    (void)self;
    if (!PyArg_ParseTuple(args, "O", &ufunc)) return NULL;
    int is = is_ufunc(ufunc);
    if (is < 1) {
        if (is == 0) PyErr_SetString(PyExc_TypeError, "no ufunc");
        return NULL;
    }
    const UFunc *u = (const UFunc *)ufunc;
    if (!agrees(ufunc, "nin", u->nin) || !agrees(ufunc, "nargs", u->nargs) || !agrees(ufunc, "ntypes", u->ntypes) || u->nout != 1
        || u->nargs > OPERANDS || !u->functions || !u->types) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no ufunc with one result and up to three arguments");
        return NULL;
    }
    if (!(found = PyList_New(0))) return NULL;
    for (int i = 0; i < u->ntypes; i++) {
        PyObject *one = Py_BuildValue("(y#nn)", u->types + i * u->nargs, (Py_ssize_t)u->nargs, (Py_ssize_t)(intptr_t)u->functions[i], (Py_ssize_t)(intptr_t)(u->data ? u->data[i] : NULL));
        if (!one || PyList_Append(found, one) < 0) {
            Py_XDECREF(one);
            Py_DECREF(found);
            return NULL;
        }
        Py_DECREF(one);
    }
    return found;
}

static PyObject *execute(PyObject *self, PyObject *args)
{
    Py_buffer steps, registers, buffers[ARRAYS];
    PyObject *arrays, *answer = NULL;
    Py_ssize_t rows, piece, width, tile, scratch, n = 0, taken = 0;
    int across, good;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*Onnnnnp", &steps, &registers, &arrays, &rows, &piece, &width, &tile, &scratch, &across)) return NULL;
    if (!PyTuple_Check(arrays) || (n = PyTuple_Size(arrays)) > ARRAYS) {
        PyErr_SetString(PyExc_ValueError, "up to 32 arrays in a tuple");
        goto end;
    }
    for (; taken < n; taken++)
        if (PyObject_GetBuffer(PyTuple_GetItem(arrays, taken), buffers + taken, PyBUF_STRIDES) < 0) goto end;
    char *memory = malloc((size_t)scratch + 64);
    if (!memory) {
        PyErr_NoMemory();
        goto end;
    }
    Machine m = {steps.buf, registers.buf, buffers, steps.len / (Py_ssize_t)sizeof(Step), width, tile, across, memory + (64 - (uintptr_t)memory % 64)};
    Py_BEGIN_ALLOW_THREADS
    good = run(&m, rows, piece);
    Py_END_ALLOW_THREADS
    free(memory);
    answer = PyBool_FromLong(good);
end:
    while (taken) PyBuffer_Release(buffers + --taken);
    PyBuffer_Release(&steps);
    PyBuffer_Release(&registers);
    return answer;
}

static PyMethodDef methods[] = {
    {"loops", loops, METH_VARARGS, "The loops of a ufunc with one result: the numbers of their dtypes, the address of the loop and that of its data."},
    {"execute", execute, METH_VARARGS, "Run a program on rows; False where a check is not passed or a label is none of the columns."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_tiles", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__tiles(void)
{
    PyObject *found = PyModule_Create(&module);
    if (!found) return NULL;
    if (PyModule_AddIntConstant(found, "EDITION", EDITION) < 0) return NULL;
    Loop own[] = {select_loop, copy_loop, bool_to_double, bool_to_int, int_to_double, double_outside, int_outside, maximum_loop, minimum_loop};
    const char *names[] = {"SELECT", "COPY", "BOOL_TO_DOUBLE", "BOOL_TO_INT", "INT_TO_DOUBLE", "DOUBLE_OUTSIDE", "INT_OUTSIDE", "MAXIMUM", "MINIMUM"};
    for (int i = 0; i < 9; i++) {
        PyObject *at = PyLong_FromVoidPtr((void *)(intptr_t)own[i]);
        int failed = PyModule_AddObjectRef(found, names[i], at) < 0;
        Py_XDECREF(at);
        if (failed) return NULL;
    }
    return found;
}
