/* Sorts whole numbers by their upper bits, digit after digit from the lowest: a few times as fast as a sort by comparisons, with the same result.
   And sums over the later rows of lower rank, by a sort of the ranks that takes one bit after the other, the highest first. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>

/* Increase this number, here and in version.py, when the arguments of a function change: compiled code may be older than the Python files. */
enum { EDITION = 2 };

enum { BITS = 11, SIZE = 1 << BITS, MOST = (64 + BITS - 1) / BITS }; /* of a digit, and the most digits of a number */

typedef struct {
    Py_ssize_t count[MOST][SIZE]; /* of each digit of each value */
} Counts;

static unsigned digit(uint64_t x, int shift)
{
    return (unsigned)(x >> shift & (SIZE - 1));
}

/* Sorts the numbers by their bits from `first` on; returns where they are then: in x, or in y, which has the same size. */
static uint64_t *sorted(uint64_t *x, uint64_t *y, Py_ssize_t n, int first, Counts *counts)
{
    for (Py_ssize_t i = 0; i < n; i++)
        for (int k = 0, shift = first; shift < 64; k++, shift += BITS) counts->count[k][digit(x[i], shift)]++;
    for (int k = 0, shift = first; shift < 64; k++, shift += BITS) {
        Py_ssize_t *to = counts->count[k], begin = 0;
        if (n && to[digit(x[0], shift)] == n) continue; /* the same digit in all numbers */
        for (int value = 0; value < SIZE; value++) {
            Py_ssize_t many = to[value];
            to[value] = begin;
            begin += many;
        }
        for (Py_ssize_t i = 0; i < n; i++) y[to[digit(x[i], shift)]++] = x[i];
        uint64_t *other = x;
        x = y;
        y = other;
    }
    return x;
}

static PyObject *sort(PyObject *self, PyObject *args)
{
    Py_buffer numbers, room;
    int first, in_room = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "w*w*i", &numbers, &room, &first)) return NULL;
    Counts *counts = NULL;
    if (numbers.len != room.len || numbers.len % 8 || first < 0 || first > 63)
        PyErr_SetString(PyExc_ValueError, "two buffers of the same numbers of 64 bits, and a bit");
    else if (!(counts = calloc(1, sizeof *counts)))
        PyErr_NoMemory();
    if (counts) {
        Py_BEGIN_ALLOW_THREADS
        in_room = sorted(numbers.buf, room.buf, numbers.len / 8, first, counts) != numbers.buf;
        Py_END_ALLOW_THREADS
    }
    free(counts);
    PyBuffer_Release(&numbers);
    PyBuffer_Release(&room);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(in_room);
}

typedef struct {
    double weight, found;
    uint32_t rank, place;
} Row;

/* Of rows that agree in all bits above `bit`, one with a 0 there is lower than one with a 1. So each row with a 1 gets the weights of the later
   rows with a 0; then the rows with a 0 come first, and both parts go on with the next bit. sums[bit] is the sum of the weights of all rows
   with a 0 at this bit, up to these rows: it runs on from part to part, so that the result has the bits of one running sum for each bit. */
static void split(Row *x, Row *y, size_t n, int bit, double *sums, double *found)
{
    if (bit < 0 || n == 1) {
        for (size_t i = 0; i < n; i++) {
            for (int k = bit; k >= 0; k--)
                if (!(x[i].rank >> k & 1)) sums[k] += x[i].weight;
            found[x[i].place] = x[i].found;
        }
        return;
    }
    double sum = sums[bit], end = sum;
    size_t zeros = 0;
    for (size_t i = 0; i < n; i++) {
        size_t zero = !(x[i].rank >> bit & 1);
        end += zero ? x[i].weight : 0.0;
        zeros += zero;
    }
    sums[bit] = end;
    if (zeros == 0 || zeros == n) {
        split(x, y, n, bit - 1, sums, found);
        return;
    }
    size_t next[2] = {zeros, 0}; /* places of a row with a 1, and of one with a 0 */
    for (size_t i = 0; i < n; i++) {
        Row row = x[i];
        size_t zero = !(row.rank >> bit & 1);
        sum += zero ? row.weight : 0.0;
        row.found += zero ? 0.0 : end - sum;
        y[next[zero]++] = row;
    }
    split(y, x, zeros, bit - 1, sums, found);
    split(y + zeros, x + zeros, n - zeros, bit - 1, sums, found);
}

static PyObject *lower_after(PyObject *self, PyObject *args)
{
    Py_buffer ranks, weights, found;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*w*", &ranks, &weights, &found)) return NULL;
    size_t n = (size_t)ranks.len / 4;
    Row *rows = NULL;
    if (ranks.len % 4 || (size_t)weights.len != 8 * n || (size_t)found.len != 8 * n)
        PyErr_SetString(PyExc_ValueError, "three buffers of as many numbers: of 32 bits without a sign, and of float64 twice");
    else if (n && !(rows = malloc(2 * n * sizeof *rows)))
        PyErr_NoMemory();
    if (rows) {
        const uint32_t *rank = ranks.buf;
        const double *weight = weights.buf;
        double sums[32] = {0.0};
        uint32_t bits = 0;
        int highest = -1;
        Py_BEGIN_ALLOW_THREADS
        for (size_t i = 0; i < n; i++) {
            rows[i] = (Row){weight[i], 0.0, rank[i], (uint32_t)i};
            bits |= rank[i];
        }
        while (bits) {
            bits >>= 1;
            highest++;
        }
        split(rows, rows + n, n, highest, sums, found.buf);
        Py_END_ALLOW_THREADS
    }
    free(rows);
    PyBuffer_Release(&ranks);
    PyBuffer_Release(&weights);
    PyBuffer_Release(&found);
    if (PyErr_Occurred()) return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"lower_after", lower_after, METH_VARARGS, "For each row the weights of the later rows of lower rank."},
    {"sort", sort, METH_VARARGS, "Sort numbers of 64 bits without a sign by their bits from one on; whether they are in the second buffer then."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_sorts", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__sorts(void)
{
    PyObject *found = PyModule_Create(&module);
    return found && PyModule_AddIntConstant(found, "EDITION", EDITION) < 0 ? NULL : found;
}
