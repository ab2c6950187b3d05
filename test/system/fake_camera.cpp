// A V4L2 camera for machines that have none: preloaded into a process (LD_PRELOAD), it answers the kernel's video calls
// for every file that begins with the line "fake camera", with the kernel's own structures.
//
// The file says what the camera is, a line each:
//   part                              not a camera but its metadata node
//   busy                              refuses to start, as when another process streams
//   format MJPG 640 480 30            a pixel format, size and rate that it has; repeatable
//   range YUYV 32 32 640 480          any size from the first to the second; repeatable
//   control 9963776 0 255 128         a control with its range and default; repeatable
// What is asked of it is appended to <file>.log. Its JPEGs are <file>.640x480.jpg and so on, its other pictures grey. It
// is unplugged by removing the file.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Mode {
  uint32_t fourcc, least_width, least_height, width, height, rate;
};

struct Camera {
  std::string path, jpeg;
  bool part = false, busy = false;
  std::vector<Mode> modes;
  std::map<uint32_t, v4l2_queryctrl> controls;
  Mode mode{};
  uint32_t buffers = 0, length = 0, sequence = 0;
  std::vector<uint32_t> queue;
};

std::mutex lock;
std::map<int, Camera> cameras;

template <typename Function> Function real(const char * name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

uint32_t code(const std::string & text) { return v4l2_fourcc(text[0], text[1], text[2], text[3]); }

std::string text(uint32_t fourcc) { return std::string(reinterpret_cast<const char *>(&fourcc), 4); }

bool plugged(const Camera & camera) { return access(camera.path.c_str(), F_OK) == 0; }

void note(const Camera & camera, const std::string & line) {
  std::ofstream(camera.path + ".log", std::ios::app) << line << "\n";
}

bool describe(const char * path, Camera & camera) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line != "fake camera") return false;
  char resolved[PATH_MAX];
  camera.path = realpath(path, resolved) ? resolved : path;  // as /dev/v4l/by-id/… leads to /dev/video0
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string word, fourcc;
    words >> word;
    if (word == "part") camera.part = true;
    if (word == "busy") camera.busy = true;
    if (word == "format" || word == "range") {
      Mode mode{};
      words >> fourcc;
      mode.fourcc = code(fourcc);
      if (word == "range") words >> mode.least_width >> mode.least_height >> mode.width >> mode.height;
      else words >> mode.width >> mode.height >> mode.rate;
      camera.modes.push_back(mode);
    }
    if (word == "control") {
      v4l2_queryctrl control{};
      words >> control.id >> control.minimum >> control.maximum >> control.default_value;
      camera.controls[control.id] = control;
    }
  }
  if (!camera.modes.empty()) camera.mode = camera.modes[0];
  return true;
}

int refuse(int number) { errno = number; return -1; }

void fill(const Camera & camera, v4l2_pix_format & pix) {
  bool jpeg = camera.mode.fourcc == V4L2_PIX_FMT_MJPEG;
  pix = {};
  pix.width = camera.mode.width;
  pix.height = camera.mode.height;
  pix.pixelformat = camera.mode.fourcc;
  pix.field = V4L2_FIELD_NONE;
  pix.bytesperline = jpeg ? 0 : 2 * pix.width;
  pix.sizeimage = 2 * pix.width * pix.height;
}

// The mode of that format whose size is nearest; the first of all if it has not the format.
const Mode & nearest(const Camera & camera, const v4l2_pix_format & pix) {
  const Mode * best = nullptr;
  int64_t least = INT64_MAX;
  for (const Mode & mode : camera.modes) {
    if (mode.fourcc != pix.pixelformat) continue;
    int64_t away = llabs(int64_t(mode.width) * mode.height - int64_t(pix.width) * pix.height);
    if (away < least) { least = away; best = &mode; }
  }
  return best ? *best : camera.modes[0];
}

// The distinct formats, in their order.
std::vector<uint32_t> formats(const Camera & camera) {
  std::vector<uint32_t> found;
  for (const Mode & mode : camera.modes) {
    bool known = false;
    for (uint32_t each : found) known = known || each == mode.fourcc;
    if (!known) found.push_back(mode.fourcc);
  }
  return found;
}

int dequeue(int fd, Camera camera, v4l2_buffer & buffer) {  // a copy: the others may be asked while this one sleeps
  timespec pause{0, 1000000000L / (camera.mode.rate ? camera.mode.rate : 30)};
  nanosleep(&pause, nullptr);
  if (!plugged(camera)) return refuse(ENODEV);
  std::lock_guard<std::mutex> guard(lock);
  auto found = cameras.find(fd);
  if (found == cameras.end()) return refuse(EBADF);
  Camera & now = found->second;
  if (now.queue.empty()) return refuse(EAGAIN);
  buffer.index = now.queue.front();
  now.queue.erase(now.queue.begin());
  size_t size = now.mode.fourcc == V4L2_PIX_FMT_MJPEG ? now.jpeg.size() : 2 * now.mode.width * now.mode.height;
  std::string grey(now.mode.fourcc == V4L2_PIX_FMT_MJPEG ? 0 : size, '\x80');
  const std::string & content = grey.empty() ? now.jpeg : grey;
  if (pwrite(fd, content.data(), content.size(), off_t(buffer.index) * now.length) < 0) return -1;
  timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  buffer.timestamp = {moment.tv_sec, moment.tv_nsec / 1000};
  buffer.flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  buffer.bytesused = uint32_t(size);
  buffer.sequence = now.sequence++;
  buffer.length = now.length;
  buffer.m.offset = buffer.index * now.length;
  return 0;
}

void start(Camera & camera) {
  std::string size = std::to_string(camera.mode.width) + "x" + std::to_string(camera.mode.height);
  note(camera, "stream " + text(camera.mode.fourcc) + " " + size);
  std::ifstream picture(camera.path + "." + size + ".jpg", std::ios::binary);
  camera.jpeg.assign(std::istreambuf_iterator<char>(picture), {});
}

int answer(int fd, Camera & camera, unsigned long request, void * data) {
  if (camera.part && request != VIDIOC_QUERYCAP) return refuse(ENOTTY);
  switch (request) {
    case VIDIOC_QUERYCAP: {
      auto & capability = *static_cast<v4l2_capability *>(data);
      capability = {};
      strcpy(reinterpret_cast<char *>(capability.driver), "fake");
      strcpy(reinterpret_cast<char *>(capability.card), "Fake Cam");
      // Like uvcvideo: the capabilities of all nodes, and those of this one.
      capability.capabilities =
          V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS;
      capability.device_caps = (camera.part ? V4L2_CAP_META_CAPTURE : V4L2_CAP_VIDEO_CAPTURE) | V4L2_CAP_STREAMING;
      return 0;
    }
    case VIDIOC_ENUM_FMT: {
      auto & asked = *static_cast<v4l2_fmtdesc *>(data);
      auto all = formats(camera);
      if (asked.index >= all.size()) return refuse(EINVAL);
      asked.pixelformat = all[asked.index];
      bool jpeg = asked.pixelformat == V4L2_PIX_FMT_MJPEG;
      strcpy(reinterpret_cast<char *>(asked.description), jpeg ? "Motion-JPEG" : "YUYV 4:2:2");
      return 0;
    }
    case VIDIOC_ENUM_FRAMESIZES: {
      auto & asked = *static_cast<v4l2_frmsizeenum *>(data);
      uint32_t index = 0;
      for (const Mode & mode : camera.modes) {
        if (mode.fourcc != asked.pixel_format || index++ != asked.index) continue;
        if (mode.least_width) {
          asked.type = V4L2_FRMSIZE_TYPE_STEPWISE;
          asked.stepwise = {mode.least_width, mode.width, 2, mode.least_height, mode.height, 2};
        } else {
          asked.type = V4L2_FRMSIZE_TYPE_DISCRETE;
          asked.discrete = {mode.width, mode.height};
        }
        return 0;
      }
      return refuse(EINVAL);
    }
    case VIDIOC_ENUM_FRAMEINTERVALS: {
      auto & asked = *static_cast<v4l2_frmivalenum *>(data);
      for (const Mode & mode : camera.modes) {
        if (mode.fourcc != asked.pixel_format || mode.width != asked.width || mode.height != asked.height) continue;
        if (asked.index) return refuse(EINVAL);
        if (mode.least_width) {
          asked.type = V4L2_FRMIVAL_TYPE_CONTINUOUS;
          asked.stepwise = {{1, 60}, {1, 5}, {1, 1}};
        } else {
          asked.type = V4L2_FRMIVAL_TYPE_DISCRETE;
          asked.discrete = {1, mode.rate};
        }
        return 0;
      }
      return refuse(EINVAL);
    }
    case VIDIOC_QUERYCTRL: {
      auto & asked = *static_cast<v4l2_queryctrl *>(data);
      auto found = camera.controls.find(asked.id);
      if (found == camera.controls.end()) return refuse(EINVAL);
      asked = found->second;
      return 0;
    }
    case VIDIOC_S_CTRL: {
      auto & asked = *static_cast<v4l2_control *>(data);
      auto found = camera.controls.find(asked.id);
      if (found == camera.controls.end()) return refuse(EINVAL);
      if (asked.value < found->second.minimum || asked.value > found->second.maximum) return refuse(ERANGE);
      note(camera, "control " + std::to_string(asked.id) + " " + std::to_string(asked.value));
      return 0;
    }
    case VIDIOC_G_FMT:
      fill(camera, static_cast<v4l2_format *>(data)->fmt.pix);
      return 0;
    case VIDIOC_TRY_FMT:
    case VIDIOC_S_FMT: {
      if (camera.busy) return refuse(EBUSY);
      auto & pix = static_cast<v4l2_format *>(data)->fmt.pix;
      camera.mode = nearest(camera, pix);
      fill(camera, pix);
      return 0;
    }
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
      auto & capture = static_cast<v4l2_streamparm *>(data)->parm.capture;
      capture = {};
      capture.capability = V4L2_CAP_TIMEPERFRAME;
      capture.timeperframe = {1, camera.mode.rate};
      return 0;
    }
    case VIDIOC_REQBUFS: {
      auto & asked = *static_cast<v4l2_requestbuffers *>(data);
      camera.buffers = asked.count;
      camera.length = ((2 * camera.mode.width * camera.mode.height + 4095) / 4096) * 4096;
      camera.queue.clear();
      return ftruncate(fd, off_t(camera.buffers) * camera.length);
    }
    case VIDIOC_QUERYBUF:
    case VIDIOC_QBUF: {
      auto & asked = *static_cast<v4l2_buffer *>(data);
      if (asked.index >= camera.buffers) return refuse(EINVAL);
      asked.length = camera.length;
      asked.m.offset = asked.index * camera.length;
      if (request == VIDIOC_QBUF) camera.queue.push_back(asked.index);
      return 0;
    }
    case VIDIOC_STREAMON:
      start(camera);
      return 0;
    case VIDIOC_STREAMOFF:
      camera.queue.clear();
      return 0;
    default:
      return refuse(ENOTTY);
  }
}

using Open = int (*)(const char *, int, ...);

int connect(const char * path, const char * function, int flags, mode_t mode) {
  Camera camera;
  int saved = errno;
  if (!describe(path, camera)) {
    errno = saved;
    return real<Open>(function)(path, flags, mode);
  }
  int fd = memfd_create("camera", MFD_CLOEXEC);
  std::lock_guard<std::mutex> guard(lock);
  cameras[fd] = camera;
  return fd;
}

// Whether it may be a camera: its name holds "video", and no suffix.
bool suspect(const char * path) {
  const char * name = strrchr(path, '/');
  return name && strstr(name, "video") && !strchr(name, '.');
}

mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }

}  // namespace

extern "C" {

int open(const char * path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return suspect(path) ? connect(path, "open", flags, mode) : real<Open>("open")(path, flags, mode);
}

int open64(const char * path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return suspect(path) ? connect(path, "open64", flags, mode) : real<Open>("open64")(path, flags, mode);
}

int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void * data = va_arg(rest, void *);
  va_end(rest);
  Camera copy;
  {
    std::lock_guard<std::mutex> guard(lock);
    auto found = cameras.find(fd);
    if (found == cameras.end()) return real<int (*)(int, unsigned long, ...)>("ioctl")(fd, request, data);
    if (!plugged(found->second)) return refuse(ENODEV);
    request &= 0xffffffff;
    if (request != VIDIOC_DQBUF) return answer(fd, found->second, request, data);
    copy = found->second;
  }
  return dequeue(fd, copy, *static_cast<v4l2_buffer *>(data));
}

int close(int fd) {
  {
    std::lock_guard<std::mutex> guard(lock);
    cameras.erase(fd);
  }
  return real<int (*)(int)>("close")(fd);
}
}
