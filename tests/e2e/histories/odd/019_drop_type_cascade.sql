DROP TYPE other.state CASCADE;
