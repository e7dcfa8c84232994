/* Plain fields of a CSV, or of JSON lines, as numbers: a piece of whole lines in one pass, without the lock of the interpreter.

   A piece that is not plain is refused, and read in another way: one with a quote within a field, a return without its line feed, a line of another
   width, or a word for a number. Each number has the bits that Python's `float` gives. A decimal of up to 19 digits is multiplied with a power of five
   of 128 bits
   (Lemire, "Number Parsing at a Gigabyte per Second", 2021), which gives the nearest double, or shows that it cannot. The others are read by Python. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SIZEOF_INT128__)
__extension__ typedef unsigned __int128 Wide;
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
#include <intrin.h>
#endif

#if defined(_MSC_VER) || (defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define LITTLE_ENDIAN_CPU
#endif

/* Counted up, here and in version.py, with every change of the arguments: in a working copy the source may be newer than the compiled module. */
enum { EDITION = 3 };

enum { LEAST = -128, MOST = 64, DIGITS = 19, LONGEST = 512 };
enum { ORDINARY, SEPARATOR, LINE, RETURN, STRANGE };
enum { DONE, LATER, NONE };

typedef struct {
    const char *at;
    Py_ssize_t size, column, row;
} Field;

typedef struct {
    const uint64_t *powers; /* 5^LEAST … 5^MOST, each in an upper and a lower half */
    const unsigned char *at, *end;
    unsigned char kind[256];
    double *out;
    Py_ssize_t width, stride, capacity, rows; /* stride: from one column to the next in out; capacity: how many rows fit; rows: how many were read */
    const int64_t *slot; /* for each column of the text its column in out, or -1 */
    Field *later; /* the fields that Python has to read */
    Py_ssize_t n_later, most_later;
} Reader;

/* The upper half of a product; its lower half goes to *lower. The last way is for compilers without a type or a function for it. */
static inline uint64_t product(uint64_t a, uint64_t b, uint64_t *lower)
{
#if defined(__SIZEOF_INT128__)
    Wide found = (Wide)a * b;
    *lower = (uint64_t)found;
    return (uint64_t)(found >> 64);
#elif defined(_MSC_VER) && defined(_M_X64)
    uint64_t upper;
    *lower = _umul128(a, b, &upper);
    return upper;
#elif defined(_MSC_VER) && defined(_M_ARM64)
    *lower = a * b;
    return __umulh(a, b);
#else
    uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX), left = (a >> 32) * (b & UINT32_MAX), right = (a & UINT32_MAX) * (b >> 32);
    uint64_t middle = (low >> 32) + (left & UINT32_MAX) + (right & UINT32_MAX);
    *lower = a * b;
    return (a >> 32) * (b >> 32) + (left >> 32) + (right >> 32) + (middle >> 32);
#endif
}

/* How many bits are 0 before the first that is 1. There is one. */
static inline int leading_zeros(uint64_t x)
{
#if defined(__SIZEOF_INT128__)
    return __builtin_clzll(x);
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
    unsigned long first;
    _BitScanReverse64(&first, x);
    return 63 - (int)first;
#else
    int n = 0;
    for (int half = 32; half; half /= 2)
        if (!(x >> (64 - half))) {
            n += half;
            x <<= half;
        }
    return n;
#endif
}

/* digits × 10^power, if the product shows for certain which double is nearest; returns whether it does. */
static inline int nearest(const Reader *r, uint64_t digits, int64_t power, double *found)
{
    if (digits == 0) {
        *found = 0.0;
        return 1;
    }
    if (power < LEAST || power > MOST) return 0;
    if (digits <= (uint64_t)1 << 53 && power >= -22 && power <= 22) { /* both are exact doubles, so there is one rounding */
        static const double tens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
        *found = power < 0 ? (double)digits / tens[-power] : (double)digits * tens[power];
        return 1;
    }
    const uint64_t *five = r->powers + 2 * (power - LEAST);
    int shift = leading_zeros(digits);
    uint64_t w = digits << shift, lower, unused, upper = product(w, five[0], &lower);
    if ((upper & 0x1FF) == 0x1FF) { /* the lower half of the power may carry into the bits that are kept */
        uint64_t more = product(w, five[1], &unused);
        lower += more;
        upper += lower < more;
        if (lower == UINT64_MAX) return 0;
    }
    int top = (int)(upper >> 63);
    uint64_t mantissa = upper >> (top + 9); /* 54 bits: one more than are kept */
    if (lower <= 1 && (mantissa & 3) == 1 && mantissa << (top + 9) == upper) return 0; /* perhaps half way between two doubles */
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    int64_t exponent = ((217706 * power) >> 16) + 63 + top - shift; /* 217706 / 2^16 is log2 10 */
    if (mantissa >> 53) {
        mantissa >>= 1;
        exponent++;
    }
    uint64_t bits = (mantissa & (((uint64_t)1 << 52) - 1)) | (uint64_t)(exponent + 1023) << 52;
    memcpy(found, &bits, sizeof bits);
    return 1;
}

/* The value of eight digits at once; returns whether the next eight characters are digits. */
static inline int eight(const unsigned char *p, uint64_t *value)
{
    uint64_t x;
    memcpy(&x, p, 8);
#if defined(LITTLE_ENDIAN_CPU)
    if (((x & 0xF0F0F0F0F0F0F0F0u) | (((x + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) >> 4)) != 0x3333333333333333u) return 0;
    x -= 0x3030303030303030u;
    x = x * 10 + (x >> 8);
    *value = (((x & 0x000000FF000000FFu) * 0x000F424000000064u) + (((x >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u)) >> 32;
    return 1;
#else
    (void)value;
    return 0;
#endif
}

/* Appends the digits at p to the value, which holds no more than 19 of them; returns where they end. */
static inline const unsigned char *digits_at(const unsigned char *p, const unsigned char *end, uint64_t *value)
{
    uint64_t more, found = *value;
    while (end - p >= 8 && eight(p, &more)) {
        found = found * 100000000 + more;
        p += 8;
    }
    for (; p < end && (unsigned char)(*p - '0') < 10; p++) found = found * 10 + (*p - '0');
    *value = found;
    return p;
}

/* Reads the field at *at as a number and moves *at behind it. DONE: it was read. LATER: Python has to read it. NONE: it is no number. */
static inline int number(const Reader *r, const unsigned char **at, double *found)
{
    const unsigned char *p = *at, *end = r->end, *begun, *counted;
    uint64_t value = 0;
    int64_t power = 0, n;
    int negative, any;
    while (p < end && *p == ' ') p++;
    if (p == end || r->kind[*p] != ORDINARY) { /* empty */
        *at = p;
        *found = Py_NAN;
        return DONE;
    }
    negative = *p == '-';
    p += negative || *p == '+';
    begun = p;
    while (p < end && *p == '0') p++; /* zeros in front are no significant digits */
    counted = p;
    for (; p < end && (unsigned char)(*p - '0') < 10; p++) value = value * 10 + (*p - '0');
    any = p > begun;
    n = p - counted;
    if (p < end && *p == '.') {
        counted = begun = ++p;
        if (n == 0)
            for (; p < end && *p == '0'; p++) counted++;
        p = digits_at(p, end, &value);
        any |= p > begun;
        n += p - counted;
        power = begun - p;
    }
    if (n > DIGITS) return LATER;
    if (!any) return LATER; /* nan, inf, or a word */
    if (p < end && (*p == 'e' || *p == 'E')) {
        int64_t said = 0;
        int minus = ++p < end && *p == '-';
        p += p < end && (*p == '-' || *p == '+');
        begun = p;
        for (; p < end && (unsigned char)(*p - '0') < 10; p++) said = said < 100000 ? said * 10 + (*p - '0') : said;
        if (p == begun) return NONE;
        power += minus ? -said : said;
    }
    while (p < end && *p == ' ') p++;
    if (p < end && r->kind[*p] == ORDINARY) return LATER; /* a word */
    *at = p;
    if (!nearest(r, value, power, found)) return LATER;
    if (negative) *found = -*found;
    return DONE;
}

/* Notes a field that Python has to read. */
static int put_off(Reader *r, const unsigned char *from, Py_ssize_t size, Py_ssize_t column)
{
    if (size >= LONGEST) return 0;
    if (r->n_later == r->most_later) {
        Py_ssize_t most = 2 * r->most_later + 64;
        Field *grown = realloc(r->later, (size_t)most * sizeof(Field));
        if (!grown) return 0;
        r->later = grown;
        r->most_later = most;
    }
    r->later[r->n_later++] = (Field){(const char *)from, size, column, r->rows};
    return 1;
}

/* Reads all lines; returns whether all are plain. */
static int lines(Reader *r)
{
    const unsigned char *p = r->at, *end = r->end;
    for (; p < end; r->rows++) {
        if (r->rows == r->capacity) return 0;
        for (Py_ssize_t column = 0;; column++) {
            if (column == r->width) return 0;
            int quoted = p < end && *p == '"';
            p += quoted;
            const unsigned char *from = p;
            int64_t slot = r->slot[column];
            if (slot >= 0) {
                double *to = r->out + slot * r->stride + r->rows;
                int how = number(r, &p, to);
                if (how == NONE) return 0;
                if (how == LATER) {
                    for (p = from; p < end && r->kind[*p] == ORDINARY;) p++;
                    if (!put_off(r, from, p - from, slot)) return 0;
                }
            } else {
                while (p < end && (r->kind[*p] == ORDINARY || (quoted && r->kind[*p] == SEPARATOR))) p++;
            }
            if (quoted && (p == end || *p++ != '"')) return 0; /* two quotes that stand for one are read in another way */
            if (r->width == 1 && p == from) return 0; /* a blank line is no row where no row follows */
            if (p < end && r->kind[*p] == SEPARATOR) {
                p++;
                continue;
            }
            if (column != r->width - 1) return 0;
            if (p == end) break;
            if (r->kind[*p] == RETURN && ++p == end) return 0;
            if (r->kind[*p++] != LINE) return 0;
            break;
        }
    }
    return 1;
}

/* Reads the noted fields as Python does; returns whether all are numbers. */
static int read_later(Reader *r)
{
    char text[LONGEST];
    for (Field *f = r->later; f < r->later + r->n_later; f++) {
        const char *from = f->at, *to = f->at + f->size;
        char *end;
        while (from < to && *from == ' ') from++;
        while (to > from && to[-1] == ' ') to--;
        memcpy(text, from, (size_t)(to - from));
        text[to - from] = 0;
        double value = PyOS_string_to_double(text, &end, NULL);
        if (PyErr_Occurred()) {
            PyErr_Clear();
            return 0;
        }
        if (end == text || end != text + (to - from)) return 0;
        r->out[f->column * r->stride + f->row] = value;
    }
    return 1;
}

/* ---- JSON lines that have the form of the first: the same text between their values ---- */

enum { DEPTH = 64 }; /* of lists within a value that is not read */

enum { FRACTION, WHOLE, LARGE }; /* an integer is large where a double may not hold it */

/* The end of a JSON number at p, and its kind; NULL if there is none, or one of more digits than Python takes. */
static inline const unsigned char *json_number(const unsigned char *p, const unsigned char *end, int *kind)
{
    const unsigned char *begun;
    p += p < end && *p == '-';
    begun = p;
    while (p < end && (unsigned char)(*p - '0') < 10) p++;
    if (p == begun || (*begun == '0' && p - begun > 1)) return NULL;
    *kind = p - begun <= 15 ? WHOLE : LARGE;
    if (p - begun > 4000) return NULL;
    if (p < end && *p == '.') {
        begun = ++p;
        while (p < end && (unsigned char)(*p - '0') < 10) p++;
        if (p == begun) return NULL;
        *kind = FRACTION;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '-' || *p == '+');
        begun = p;
        while (p < end && (unsigned char)(*p - '0') < 10) p++;
        if (p == begun) return NULL;
        *kind = FRACTION;
    }
    return p;
}

/* The end of a JSON string at p, behind its first quote; NULL if it does not end, or has a control character or an escape that JSON has not. */
static const unsigned char *json_string(const unsigned char *p, const unsigned char *end)
{
    for (; p < end; p++) {
        if (*p == '"') return p + 1;
        if (*p < 0x20) return NULL;
        if (*p != '\\') continue;
        if (++p == end) return NULL;
        if (*p == 'u') {
            for (int i = 0; i < 4; i++)
                if (++p == end || !((unsigned char)(*p - '0') < 10 || (unsigned char)((*p | 32) - 'a') < 6)) return NULL;
        } else if (!memchr("\"\\/bfnrt", *p, 8)) {
            return NULL;
        }
    }
    return NULL;
}

/* The end of a value that is not read: a number, a string, a word, or a list of such values; NULL for another, such as an object. */
static const unsigned char *json_value(const unsigned char *p, const unsigned char *end, int depth)
{
    static const char *const words[] = {"true", "false", "null"};
    int kind;
    if (p == end) return NULL;
    if (*p == '"') return json_string(p + 1, end);
    for (int i = 0; i < 3; i++) {
        size_t size = strlen(words[i]);
        if ((size_t)(end - p) >= size && !memcmp(p, words[i], size)) return p + size;
    }
    if (*p != '[') return json_number(p, end, &kind);
    if (depth == 0) return NULL;
    for (int first = 1;; first = 0) {
        p++;
        while (p < end && (*p == ' ' || *p == '\t')) p++;
        if (first && p < end && *p == ']') return p + 1;
        if (!(p = json_value(p, end, depth - 1))) return NULL;
        while (p < end && (*p == ' ' || *p == '\t')) p++;
        if (p == end || (*p != ',' && *p != ']')) return NULL;
        if (*p == ']') return p + 1;
    }
}

typedef struct {
    const unsigned char *texts; /* the texts before, between and after the values, one after the other */
    const int64_t *sizes;       /* of the texts: one more than there are values */
} Form;

/* Reads all lines, whose values the width of the reader counts; returns whether all have the form. */
static int records(Reader *r, const Form *form)
{
    const unsigned char *p = r->at, *end = r->end;
    for (; p < end; r->rows++) {
        const unsigned char *text = form->texts;
        if (r->rows == r->capacity) return 0;
        for (Py_ssize_t k = 0;; k++) {
            int64_t size = form->sizes[k];
            if (end - p < size || memcmp(p, text, (size_t)size)) return 0;
            p += size;
            text += size;
            if (k == r->width) break;
            int64_t slot = r->slot[k];
            if (slot < 0) {
                if (!(p = json_value(p, end, DEPTH))) return 0;
                continue;
            }
            const unsigned char *from = p, *at = p;
            double *to = r->out + slot * r->stride + r->rows;
            int kind;
            if (!(p = json_number(p, end, &kind)) || kind == LARGE) return 0;
            if (number(r, &at, to) != DONE && !put_off(r, from, p - from, slot)) return 0;
            if (kind == WHOLE && *to == 0) *to = 0; /* the integer 0 has no sign */
        }
        p += p < end && *p == '\r';
        if (p < end && *p++ != '\n') return 0;
    }
    return 1;
}

/* Writes one field of every line to out, each on a line, from a text without quotes; returns the size in bytes, -1 for a line with too few fields. */
static Py_ssize_t pick(const char *p, const char *end, char delimiter, Py_ssize_t column, char *out)
{
    char *to = out;
    while (p < end) {
        const char *line = memchr(p, '\n', (size_t)(end - p));
        const char *stop = line ? line : end;
        const char *next = line ? line + 1 : end;
        if (stop > p && stop[-1] == '\r') stop--;
        for (Py_ssize_t k = 0; k < column; k++) {
            p = memchr(p, delimiter, (size_t)(stop - p));
            if (!p++) return -1;
        }
        const char *last = memchr(p, delimiter, (size_t)(stop - p));
        size_t size = (size_t)((last ? last : stop) - p);
        memcpy(to, p, size);
        to += size;
        *to++ = '\n';
        p = next;
    }
    return to - out;
}

static PyObject *cells(PyObject *self, PyObject *args)
{
    Py_buffer text;
    Py_ssize_t column, size = -1;
    int delimiter;
    PyObject *found = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*in", &text, &delimiter, &column)) return NULL;
    char *out = malloc((size_t)text.len + 1); /* the last line may have no line feed */
    if (out) {
        Py_BEGIN_ALLOW_THREADS
        size = pick(text.buf, (char *)text.buf + text.len, (char)delimiter, column, out);
        Py_END_ALLOW_THREADS
        found = size < 0 ? Py_NewRef(Py_None) : PyBytes_FromStringAndSize(out, size);
    }
    free(out);
    PyBuffer_Release(&text);
    return out ? found : PyErr_NoMemory();
}

static PyObject *count(PyObject *self, PyObject *args)
{
    Py_buffer text;
    Py_ssize_t n = 0;
    int byte;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*i", &text, &byte)) return NULL;
    const unsigned char *p = text.buf;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < text.len;) { /* as many as a byte can count, so that the compiler adds sixteen at once */
        uint8_t few = 0;
        for (Py_ssize_t end = text.len - i < 255 ? text.len : i + 255; i < end; i++) few = (uint8_t)(few + (p[i] == (unsigned char)byte));
        n += few;
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&text);
    return PyLong_FromSsize_t(n);
}

/* How many columns the result has. */
static Py_ssize_t columns_of(const Py_buffer *slots)
{
    const int64_t *slot = slots->buf;
    Py_ssize_t columns = 0;
    for (Py_ssize_t i = 0; i < slots->len / 8; i++) columns = slot[i] >= columns ? slot[i] + 1 : columns;
    return columns;
}

/* The reader of a piece. A column of the result has room for as many rows as `out` holds; `rows` of them belong to the piece, from `first` on. */
static Reader reader(const Py_buffer *text, const Py_buffer *powers, const Py_buffer *slots, const Py_buffer *out, Py_ssize_t first, Py_ssize_t rows)
{
    Reader r = {.powers = powers->buf, .at = text->buf, .end = (unsigned char *)text->buf + text->len, .width = slots->len / 8, .slot = slots->buf};
    Py_ssize_t columns = columns_of(slots);
    r.stride = columns ? out->len / 8 / columns : 0;
    r.out = (double *)out->buf + first;
    r.capacity = first + rows <= r.stride ? rows : 0;
    r.kind['\n'] = LINE;
    r.kind['\r'] = RETURN;
    return r;
}

static PyObject *json_records(PyObject *self, PyObject *args)
{
    Py_buffer text, texts, sizes, powers, slots, out;
    Py_ssize_t first, rows, total = 0;
    int good = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*w*nn", &text, &texts, &sizes, &powers, &slots, &out, &first, &rows)) return NULL;
    Reader r = reader(&text, &powers, &slots, &out, first, rows);
    Form form = {texts.buf, sizes.buf};
    for (Py_ssize_t i = 0; i < sizes.len / 8; i++) total = form.sizes[i] < 0 ? texts.len + 1 : total + form.sizes[i];
    r.kind[','] = r.kind[']'] = r.kind['}'] = SEPARATOR;
    if (sizes.len / 8 == r.width + 1 && total == texts.len) {
        Py_BEGIN_ALLOW_THREADS
        good = records(&r, &form);
        Py_END_ALLOW_THREADS
    }
    good = good && read_later(&r);
    free(r.later);
    Py_buffer *all[] = {&text, &texts, &sizes, &powers, &slots, &out};
    for (int i = 0; i < 6; i++) PyBuffer_Release(all[i]);
    return PyLong_FromSsize_t(good ? r.rows : -1);
}

static PyObject *numbers(PyObject *self, PyObject *args)
{
    Py_buffer text, powers, slots, out;
    Py_ssize_t first, capacity;
    int delimiter, good = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*iy*y*w*nn", &text, &delimiter, &powers, &slots, &out, &first, &capacity)) return NULL;
    Reader r = reader(&text, &powers, &slots, &out, first, capacity);
    r.kind['"'] = STRANGE;
    r.kind[(unsigned char)delimiter] = SEPARATOR;
    Py_BEGIN_ALLOW_THREADS
    good = lines(&r);
    Py_END_ALLOW_THREADS
    good = good && read_later(&r);
    free(r.later);
    PyBuffer_Release(&text);
    PyBuffer_Release(&powers);
    PyBuffer_Release(&slots);
    PyBuffer_Release(&out);
    return PyLong_FromSsize_t(good ? r.rows : -1);
}

static PyMethodDef methods[] = {
    {"cells", cells, METH_VARARGS, "One field of every line as it is written, each on a line; None where a line has too few fields."},
    {"count", count, METH_VARARGS, "How often a byte occurs."},
    {"numbers", numbers, METH_VARARGS, "Columns of plain rows as doubles, written from a row of the result on; returns the number of rows, -1 where they are not plain."},
    {"json_records", json_records, METH_VARARGS, "Values of JSON lines of one form as doubles, as `numbers`; -1 where a line has another form."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fields", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__fields(void)
{
    PyObject *found = PyModule_Create(&module);
    return found && PyModule_AddIntConstant(found, "EDITION", EDITION) < 0 ? NULL : found;
}
